package main

import (
	"log/slog"
	"strings"
	"testing"
)

// TestLogLine: whatever is in a tag, a key or an error, a line of the log is one line of text.
func TestLogLine(t *testing.T) {
	var out strings.Builder
	log := slog.New(logHandler{out: &out, who: "[output:sluice:x] ", level: slog.LevelInfo})
	log.With("key", "a\x1b[31mb").Info("message\x1b]0;title\x07 of\ntwo lines", "tag", "app\r\n\u009b1m", "error",
		"x=y")
	_, got, _ := strings.Cut(out.String(), "] [ info] ")
	want := `[output:sluice:x] message\x1b]0;title\x07 of two lines key=a\x1b[31mb tag="app \\x9b1m" error="x=y"` + "\n"
	if got != want {
		t.Errorf("logged\n%q, want\n%q", got, want)
	}
}
