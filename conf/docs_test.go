package conf_test

import (
	"os"
	"strings"
	"testing"

	"sluice/conf"
)

// TestDocs: docs/plugin.md has each property that works, with its default.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{} // first two cells by property
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for name := range strings.SplitSeq(cells[1], ",") {
			rows[strings.Trim(name, " `")] = strings.Trim(cells[2], " `")
		}
	}
	for _, p := range conf.Properties() {
		if strings.HasPrefix(p.Description, "Not supported yet") {
			continue
		}
		if got, ok := rows[p.Name]; !ok || got != p.Default {
			t.Errorf("docs/plugin.md: %s has default %q (there: %t), want %q", p.Name, got, ok, p.Default)
		}
	}
}
