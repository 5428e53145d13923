package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// table is a title, a head, and rows of the same length.
type table struct {
	title string
	head  []string
	rows  [][]string
}

// text is the table for a terminal.
func (t table) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, t.title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t")+"\t")
	}
	_ = w.Flush() // to memory
	return b.String()
}

// markdown is the table for a document.
func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n| %s |\n|---|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---:|", len(t.head)-1))
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}
