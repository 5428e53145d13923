package main

import (
	"context"
	"fmt"
)

func (b *bench) report(context.Context) error {
	fmt.Fprintln(b.out)
	for _, t := range tables(b.cases) {
		fmt.Fprintf(b.out, "%s\n", t.text())
	}
	return nil
}
