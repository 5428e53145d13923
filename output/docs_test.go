package output_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTroubleshootingMessages: each message in the first column of a table of
// docs/troubleshooting.md is one that the code can write. "…" and "N" stand for anything.
func TestTroubleshootingMessages(t *testing.T) {
	page, err := os.ReadFile("../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	source := sources(t)
	messages := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.Contains(cells[1], "---") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			messages++
			for _, part := range wildcard.Split(m[1], -1) {
				if !strings.Contains(source, strings.TrimSpace(part)) {
					t.Errorf("no code writes %q of %q", part, m[1])
				}
			}
		}
	}
	if messages < 30 {
		t.Errorf("%d messages are in the page's tables", messages)
	}
}

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	wildcard = regexp.MustCompile(`…| N\b|'[^']*'`)
	// joined matches where a string constant goes on in the next line.
	joined = regexp.MustCompile("[\"`] \\+\\s+[\"`]")
)

// sources returns all code but tests, Go and C, with constants in one piece, and the errors of the
// standard library that the page names.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		isCode := filepath.Ext(path) == ".go" || filepath.Ext(path) == ".c"
		if err != nil || d.IsDir() || !isCode || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const standard = "connection refused, network is unreachable, i/o timeout, lookup"
	return strings.ReplaceAll(joined.ReplaceAllString(all.String(), ""), `\"`, `"`) + standard
}
