package main

import "sluice/test/cmd/internal/table"

// titled is a table with a title.
type titled struct {
	title string
	table.Table
}

// text is the table for a terminal.
func (t titled) text() string { return t.title + "\n" + t.Text() }

// markdown is the table for a document.
func (t titled) markdown() string { return "### " + t.title + "\n\n" + t.Markdown() }
