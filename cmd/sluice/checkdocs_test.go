package main

import (
	"os"
	"strings"
	"testing"
)

// indented returns the indented block that follows a line of a page.
func indented(t *testing.T, page, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, after)
	if !found {
		t.Fatalf("the page has no %q", after)
	}
	var block strings.Builder
	for line := range strings.Lines(strings.TrimLeft(rest, "\n")) {
		text, inside := strings.CutPrefix(line, "    ")
		if !inside {
			break
		}
		block.WriteString(text)
	}
	return block.String()
}

// stable leaves out the example key, which has a time and a UUID, and the note on machines with /tmp in memory.
func stable(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "  key ") && !strings.Contains(line, "is in memory") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// TestCheckDocs: docs/plugin.md shows what check prints.
func TestCheckDocs(t *testing.T) {
	content, err := os.ReadFile("../../docs/plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	t.Chdir(t.TempDir())
	writeFiles(t, ".", map[string]string{"fluent-bit.conf": indented(t, page, "With this as `fluent-bit.conf`:\n")})
	command, want, _ := strings.Cut(indented(t, page, "it prints\n"), "\n")
	got := sluice(t.Context(), nil, strings.Fields(strings.TrimPrefix(command, "$ sluice "))...)
	mistakes, summary, _ := strings.Cut(got.stderr, "sluice: ")
	printed := stable(mistakes + got.stdout + "sluice: " + summary)
	if printed != stable(want) || got.code != exitFailed {
		t.Errorf("check prints, with exit code %d,\n%s\nand docs/plugin.md shows\n%s", got.code, printed, want)
	}
}
