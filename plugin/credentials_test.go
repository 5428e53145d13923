package main

import (
	"context"
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
		{"none yet", creds.Update{Err: gone}, []string{"[ warn]", "has none yet", `"sluice creds explain"`, "gone"}},
		{"none any more", creds.Update{Previous: first, Err: gone},
			[]string{"[error]", "have expired", "expired={AKIAIOSFODNN7EXAMPLE", `"sluice creds explain"`, "gone"}},
		{"a profile whose files are gone", creds.Update{Previous: creds.Credentials{Source: "profile(a)"}, Err: gone},
			[]string{"[error]", "have expired", "profile(a)"}},
		{"an old one", creds.Update{Credentials: first, Err: gone},
			[]string{"[ warn]", "cannot be renewed", `"sluice creds explain"`, "gone"}},
	} {
		var out strings.Builder
		logUpdate(slog.New(logHandler{out: &out, who: "", level: slog.LevelInfo}), c.update)
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

// none is a provider without credentials.
type none struct{}

func (none) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, errors.New("no role")
}

// TestNoCredentialsYet: the line names the output, and the command that says why.
func TestNoCredentialsYet(t *testing.T) {
	for profile, want := range map[string]string{
		"":             `run "sluice creds explain" as`,
		"log shipping": `run "sluice creds explain --profile 'log shipping'" as`,
	} {
		var out strings.Builder
		log := slog.New(logHandler{out: &out, who: "[output:sluice:web] ", level: slog.LevelInfo})
		logCredentials(t.Context(), log, none{}, profile)
		if got := out.String(); !strings.Contains(got, "[ warn] [output:sluice:web] no AWS credentials yet;") ||
			!strings.Contains(got, want) {
			t.Errorf("profile %q: logged %q, want %q", profile, got, want)
		}
	}
}
