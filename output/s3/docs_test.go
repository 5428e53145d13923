package s3

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/troubleshooting.md")

// TestTroubleshooting holds the page's tables of remedies to the code.
func TestTroubleshooting(t *testing.T) {
	const page = "../../docs/troubleshooting.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var answers, network strings.Builder
	for _, code := range slices.Sorted(maps.Keys(remedies)) {
		fmt.Fprintf(&answers, "| `%s` | %s |\n", code, remedies[code])
	}
	for _, p := range networkProblems() {
		fmt.Fprintf(&network, "| `%s` | %s |\n", p.seen, p.remedy)
	}
	want := fillTable(string(text), "| answer | remedy |\n", answers.String())
	want = fillTable(want, "| error | remedy |\n", network.String())
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("docs/troubleshooting.md does not say what the code does: run go test ./output/s3 -update")
	}
}

// fillTable replaces the rows of the table with this head.
func fillTable(page, head, rows string) string {
	before, after, found := strings.Cut(page, head+"|---|---|\n")
	if !found {
		return "no table " + head
	}
	_, rest, _ := strings.Cut(after, "\n\n")
	return before + head + "|---|---|\n" + rows + "\n" + rest
}
