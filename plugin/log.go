package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// logHandler writes log lines of goroutines, with attributes in logfmt.
type logHandler struct {
	write func(level int, text string) error
	who   string // "[output:sluice:NAME] "
	level slog.Level
	attrs string // text, written before those of the record
}

// slogLevel returns the slog level for a level of Fluent Bit.
func slogLevel(level int) slog.Level {
	switch level {
	case levelError:
		return slog.LevelError
	case levelWarn:
		return slog.LevelWarn
	case levelInfo:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// Enabled reports whether the instance logs at a level.
func (h logHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle writes one line.
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(oneLine(r.Message) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(attrText(a))
		return true
	})
	level := levelDebug
	for l := levelError; l < levelDebug; l++ {
		if r.Level >= slogLevel(l) {
			level = l
			break
		}
	}
	return h.write(level, h.who+b.String())
}

// WithAttrs returns a handler that adds attributes to each line.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs += attrText(a)
	}
	return h
}

// WithGroup ignores groups: nothing here uses them.
func (h logHandler) WithGroup(string) slog.Handler { return h }

// attrText returns an attribute in logfmt: a value that a parser could split is quoted.
func attrText(a slog.Attr) string {
	text := oneLine(a.Value.Resolve().String())
	if text == "" || strings.ContainsAny(text, ` ="\`) {
		text = `"` + quoting.Replace(text) + `"`
	}
	return " " + a.Key + "=" + text
}

var quoting = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// writeLine writes a line like Fluent Bit 5: [time] [level] text.
func writeLine(out io.Writer, level int, text string) error {
	names := [...]string{levelError: "error", levelWarn: " warn", levelInfo: " info", levelDebug: "debug"}
	var b bytes.Buffer
	fmt.Fprintf(&b, "[%s] [%s] %s\n", time.Now().Format("2006/01/02 15:04:05.000"), names[level], text)
	_, err := out.Write(b.Bytes())
	return err
}
