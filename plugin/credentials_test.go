package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"sluice/creds"
)

// TestChanges: what is logged of credentials is true.
func TestChanges(t *testing.T) {
	first := creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Source: "test"}
	second := creds.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", Source: "test"}
	gone := errors.New("gone")
	for _, c := range []struct {
		name   string
		update creds.Update
		want   []string // of the line; nil for none
	}{
		{"the first", creds.Update{Credentials: first}, nil},
		{"another", creds.Update{Credentials: second, Previous: first},
			[]string{"[ info]", "were renewed", "ASIAIOSFODNN7EXAMPLE"}},
		{"none yet", creds.Update{Err: gone}, nil}, // each output says so
		{"none any more", creds.Update{Previous: first, Err: gone},
			[]string{"[error]", "have expired", `expired="{AKIAIOSFODNN7EXAMPLE`, `"sluice creds explain"`, "gone"}},
		{"a profile whose files are gone", creds.Update{Previous: creds.Credentials{Source: "profile(a)"}, Err: gone},
			[]string{"[error]", "have expired", "profile(a)"}},
		{"an old one", creds.Update{Credentials: first, Err: gone},
			[]string{"[ warn]", "cannot be renewed", `"sluice creds explain"`, "gone"}},
	} {
		var out strings.Builder
		logUpdate(slog.New(logHandler{write: to(&out), level: slog.LevelInfo}), c.update)
		if got := out.String(); c.want == nil && got != "" {
			t.Errorf("%s: logged %q", c.name, got)
		}
		for _, part := range c.want {
			if got := out.String(); !strings.Contains(got, part) {
				t.Errorf("%s: logged %q, want %q in it", c.name, got, part)
			}
		}
	}
}
