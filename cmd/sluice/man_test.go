package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestManual(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	dir := filepath.Join(t.TempDir(), "man1")
	if got := sluice(t.Context(), nil, "man", dir); got.code != exitDone {
		t.Fatalf("sluice man: %+v", got)
	}
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("the page of %s: %v", cmd.CommandPath(), err)
		}
		if !strings.Contains(string(page), `"Jan 1970"`) {
			t.Errorf("%s is not dated SOURCE_DATE_EPOCH:\n%.200s", name, page)
		}
		if strings.Contains(string(page), "Auto generated") {
			t.Errorf("%s says when it was generated, so that two builds differ", name)
		}
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	check(newRoot(world{}))
}
