package creds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sluice/creds"
)

func TestNoSecretIsPrinted(t *testing.T) {
	c := creds.Credentials{
		AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "SECRET",
		SessionToken:    "TOKEN",
		Source:          "test",
		Expires:         time.Unix(0, 0),
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", c)
		fmt.Fprintf(&out, verb+"\n", &c)
		fmt.Fprintf(&out, verb+"\n", []creds.Credentials{c})
		fmt.Fprintf(&out, verb+"\n", creds.Static{Credentials: c})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "c", c, "p", &c)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "c", c, "s", creds.Static{Credentials: c})
	if b, err := json.Marshal(c); err == nil {
		out.Write(b)
	}
	for _, secret := range []string{"SECRET", "TOKEN", fmt.Sprintf("%x", "SECRET"), fmt.Sprint([]byte("SECRET"))} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in what was printed:\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "AKIAIOSFODNN7EXAMPLE") {
		t.Error("the key's ID is not printed")
	}
}

func TestEnv(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
		none bool
	}{
		{nil, "not configured", true},
		{map[string]string{"AWS_ACCESS_KEY_ID": " ", "AWS_SECRET_ACCESS_KEY": "\t"}, "not configured", true},
		{map[string]string{"AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY is not", false},
		{map[string]string{"AWS_SECRET_ACCESS_KEY": "s"}, "AWS_ACCESS_KEY_ID is not", false},
		{map[string]string{
			"AWS_ACCESS_KEY_ID":     "a",
			"AWS_SECRET_ACCESS_KEY": "s",
			"AWS_SESSION_TOKEN":     "t",
			"AWS_ACCOUNT_ID":        "1",
		},
			"", false},
	} {
		got, err := creds.Env{Getenv: func(name string) string { return c.env[name] }}.Retrieve(t.Context())
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) ||
			errors.Is(err, creds.ErrNotConfigured) != c.none {
			t.Errorf("%v: %v, %v", c.env, got, err)
		}
		if err == nil && (got.SessionToken != "t" || got.AccountID != "1" || got.Source != "environment") {
			t.Errorf("%v: %+v", c.env, got)
		}
	}
}

type answer struct {
	id    string
	err   error
	calls *int
}

func (a answer) Retrieve(context.Context) (creds.Credentials, error) {
	*a.calls++
	return creds.Credentials{AccessKeyID: a.id}, a.err
}

func TestChain(t *testing.T) {
	var calls [3]int
	absent := answer{"", fmt.Errorf("first: %w", creds.ErrNotConfigured), &calls[0]}
	for _, c := range []struct {
		name   string
		second answer
		id     string
		err    string
		calls  [3]int // of two Retrieves
	}{
		{"the winner is kept", answer{"second", nil, &calls[1]}, "second", "", [3]int{1, 2, 0}},
		{"a failure stops", answer{"", errors.New("broken"), &calls[1]}, "", "broken", [3]int{2, 2, 0}},
		{"not configured goes on", answer{"", creds.ErrNotConfigured, &calls[1]}, "third", "", [3]int{1, 1, 2}},
	} {
		calls = [3]int{}
		chain := creds.NewChain(absent, c.second, answer{"third", nil, &calls[2]})
		for range 2 {
			got, err := chain.Retrieve(t.Context())
			if got.AccessKeyID != c.id || (err != nil && err.Error() != c.err) || (err == nil) != (c.err == "") {
				t.Errorf("%s: Retrieve = %v, %v", c.name, got, err)
			}
		}
		if calls != c.calls {
			t.Errorf("%s: calls %v, want %v", c.name, calls, c.calls)
		}
	}
	_, err := creds.NewChain(absent, absent).Retrieve(t.Context())
	if !errors.Is(err, creds.ErrNotConfigured) ||
		err.Error() != "no AWS credentials found: first: not configured; first: not configured" {
		t.Errorf("without a winner: %v", err)
	}
}

// changing is a provider whose error changes.
type changing struct{ err error }

func (c *changing) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{AccessKeyID: "changing"}, c.err
}

// TestChainLeavesAWinner: the chain leaves a winner that is no longer configured, but not one that fails.
func TestChainLeavesAWinner(t *testing.T) {
	var calls int
	first, second := &changing{creds.ErrNotConfigured}, &changing{}
	chain := creds.NewChain(first, second, answer{"third", nil, &calls})
	for _, step := range []struct {
		name          string
		first, second error
		want          string // key, or the error
	}{
		{"the second wins", creds.ErrNotConfigured, nil, "changing"},
		{"the second is kept while it is configured", nil, nil, "changing"},
		{"the second fails", creds.ErrNotConfigured, errSource, errSource.Error()},
		{"the second is gone", creds.ErrNotConfigured, creds.ErrNotConfigured, "third"},
		{"the third is kept", nil, nil, "third"},
	} {
		first.err, second.err = step.first, step.second
		got, err := chain.Retrieve(t.Context())
		if err == nil && got.AccessKeyID != step.want || err != nil && err.Error() != step.want {
			t.Errorf("%s: %v, %v, want %s", step.name, got, err, step.want)
		}
	}
}
