package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
)

// to returns a logHandler's function that writes to out.
func to(out io.Writer) func(int, string) error {
	return func(level int, text string) error { return writeLine(out, level, text) }
}

// TestLogLine: whatever is in a tag, a key or an error, a line of the log is one line of text.
func TestLogLine(t *testing.T) {
	var out strings.Builder
	log := slog.New(logHandler{write: to(&out), who: "[output:sluice:x] ", level: slog.LevelInfo})
	log.With("key", "a\x1b[31mb").Info("message\x1b]0;title\x07 of\ntwo lines", "tag", "app\r\n\u009b1m", "error",
		errors.New(`x="y"`), "empty", "")
	_, got, _ := strings.Cut(out.String(), "] [ info] ")
	want := `[output:sluice:x] message\x1b]0;title\x07 of two lines key="a\\x1b[31mb" tag="app \\x9b1m" ` +
		`error="x=\"y\"" empty=""` + "\n"
	if got != want {
		t.Errorf("logged\n%q, want\n%q", got, want)
	}
}
