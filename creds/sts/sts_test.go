package sts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
	"sluice/creds/sts"
)

// wire answers the requests of an AWS client instead of the network.
type wire func(r *http.Request, form url.Values) (status int, body string)

func (w wire) Do(r *http.Request) (*http.Response, error) {
	var form url.Values
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			form = nil
		}
	}
	status, body := w(r, form)
	return &http.Response{
		StatusCode:    status,
		Status:        http.StatusText(status),
		Header:        http.Header{"Content-Type": {"text/xml"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}, nil
}

const role = "arn:aws:iam::123456789012:role/logs"

// stsAnswer is the answer of STS to an action.
func stsAnswer(action, key string) (int, string) {
	return http.StatusOK, fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult>
		<AssumedRoleUser>
			<AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::210987654321:assumed-role/logs/s</Arn>
		</AssumedRoleUser>
		<Credentials>
			<AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken>
			<Expiration>2999-01-01T00:00:00Z</Expiration>
		</Credentials>
		</%[1]sResult></%[1]sResponse>`, action, key)
}

func stsError(status int, code string) (int, string) {
	return status, fmt.Sprintf(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
		<Type>Sender</Type><Code>%s</Code><Message>no</Message>
		</Error></ErrorResponse>`, code)
}

// rotating is a base whose first key STS no longer accepts.
type rotating struct{ invalidated int }

func (r *rotating) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{
		AccessKeyID:     fmt.Sprintf("AKIABASE%d", r.invalidated),
		SecretAccessKey: "s",
		Source:          "base",
	}, nil
}

func (r *rotating) Invalidate(used creds.Credentials) bool {
	if used.AccessKeyID != fmt.Sprintf("AKIABASE%d", r.invalidated) || r.invalidated > 0 {
		return false
	}
	r.invalidated++
	return true
}

func TestAssumeRoleSends(t *testing.T) {
	var got url.Values
	a := sts.AssumeRole{
		STS: creds.Service{Region: "eu-central-1", HTTP: wire(func(_ *http.Request, form url.Values) (int, string) {
			got = form
			return stsAnswer("AssumeRole", "ASIA")
		})},
		Base:           &rotating{},
		RoleARN:        role,
		ExternalID:     "external",
		SessionName:    "session",
		Duration:       2 * time.Hour,
		Policy:         `{"Version":"2012-10-17"}`,
		PolicyARNs:     []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"},
		Tags:           map[string]string{"team": "logs"},
		TransitiveTags: []string{"team"},
		SourceIdentity: "somebody",
		Contexts: []sts.ProvidedContext{
			{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: "assertion"},
		},
	}
	found, err := a.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found.AccessKeyID != "ASIA" || found.SecretAccessKey != "SECRET" || found.SessionToken != "TOKEN" ||
		found.AccountID != "210987654321" || found.Expires.Year() != 2999 || found.Source != "assume-role(base)" {
		t.Errorf("found %v of account %s", found, found.AccountID)
	}
	for name, want := range map[string]string{
		"Action":                                "AssumeRole",
		"RoleArn":                               role,
		"RoleSessionName":                       "session",
		"ExternalId":                            "external",
		"DurationSeconds":                       "7200",
		"Policy":                                `{"Version":"2012-10-17"}`,
		"PolicyArns.member.1.arn":               "arn:aws:iam::aws:policy/ReadOnlyAccess",
		"Tags.member.1.Key":                     "team",
		"Tags.member.1.Value":                   "logs",
		"TransitiveTagKeys.member.1":            "team",
		"SourceIdentity":                        "somebody",
		"ProvidedContexts.member.1.ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter",
		"ProvidedContexts.member.1.ContextAssertion": "assertion",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if got.Has("SerialNumber") || got.Has("TokenCode") {
		t.Error("MFA was sent")
	}
	a.SerialNumber, a.TokenCode = "arn:aws:iam::123456789012:mfa/device", "123456"
	if _, err := a.Retrieve(t.Context()); err != nil || got.Get("SerialNumber") != a.SerialNumber ||
		got.Get("TokenCode") != a.TokenCode {
		t.Errorf("with MFA: sent %q and %q, %v", got.Get("SerialNumber"), got.Get("TokenCode"), err)
	}
}

func TestAssumeRoleFailures(t *testing.T) {
	for _, c := range []struct {
		name, code string
		base       creds.Provider
		want       string
		asked      int
	}{
		{"denied", "AccessDenied", &rotating{}, "trust policy must allow this principal", 1},
		{"a base key that was rotated", "InvalidClientTokenId", &rotating{}, "", 2},
		{"a base key that stays refused", "InvalidClientTokenId",
			creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}},
			"the base key does not exist", 1},
		{"no base", "", creds.NewChain(), "its base has no credentials: no AWS credentials found", 0},
	} {
		asked := 0
		a := sts.AssumeRole{
			RoleARN: role,
			Base:    c.base,
			STS: creds.Service{Region: "us-east-1", HTTP: wire(func(r *http.Request, _ url.Values) (int, string) {
				asked++
				if strings.Contains(r.Header.Get("Authorization"), "AKIABASE1/") {
					return stsAnswer("AssumeRole", "ASIA")
				}
				return stsError(http.StatusForbidden, c.code)
			})},
		}
		got, err := a.Retrieve(t.Context())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || asked != c.asked {
			t.Errorf("%s: %v, %v after %d requests, want %q after %d", c.name, got, err, asked, c.want, c.asked)
		}
		if errors.Is(err, creds.ErrNotConfigured) {
			t.Errorf("%s: %v lets the chain go on", c.name, err)
		}
	}
}

// TestWebIdentityForbiddenFile: the error names the remedy and still wraps the reason.
func TestWebIdentityForbiddenFile(t *testing.T) {
	w := sts.WebIdentity{RoleARN: role, TokenFile: "/token", ReadFile: func(path string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}}
	_, err := w.Retrieve(t.Context())
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "/token: permission denied (let ") ||
		!strings.Contains(err.Error(), "fsGroup") {
		t.Errorf("%v, want an error with the remedy", err)
	}
}

// tokens is a token file that changes with each read.
type tokens struct {
	contents []string
	reads    int
}

func (f *tokens) ReadFile(string) ([]byte, error) {
	f.reads++
	return []byte(f.contents[min(f.reads, len(f.contents))-1]), nil
}

func TestWebIdentity(t *testing.T) {
	const expired = "e30.eyJleHAiOjE1MDAwMDAwMDB9.e30" // {"exp":1500000000}
	for _, c := range []struct {
		name   string
		tokens []string
		codes  []string // STS's errors before it answers
		want   string   // of the error
		sent   []string // tokens
	}{
		{"at the first attempt", []string{"a\n"}, nil, "", []string{"a"}},
		{"the identity provider cannot be reached", []string{"a"},
			[]string{"IDPCommunicationError", "IDPCommunicationError"}, "", []string{"a", "a", "a"}},
		{"it can never be reached", []string{"a"},
			[]string{"IDPCommunicationError", "IDPCommunicationError", "IDPCommunicationError"},
			"IDPCommunicationError", []string{"a", "a", "a"}},
		{"rotated while it was sent", []string{"a", "b"}, []string{"InvalidIdentityToken"}, "", []string{"a", "b"}},
		{"refused", []string{"a"}, []string{"InvalidIdentityToken"}, "InvalidIdentityToken", []string{"a"}},
		{"expired", []string{expired}, []string{"ExpiredTokenException"},
			"the token expired at 2017-07-14T02:40:00Z", []string{expired}},
		{"denied", []string{"a"}, []string{"AccessDenied"}, "trust policy", []string{"a"}},
		{"empty", []string{" \n"}, nil, "token file /token is empty", nil},
	} {
		file, sent := &tokens{contents: c.tokens}, []string(nil)
		w := sts.WebIdentity{
			RoleARN:     role,
			SessionName: "pod",
			TokenFile:   "/token",
			ReadFile:    file.ReadFile,
			Now:         func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
			STS: creds.Service{Region: "eu-central-1", HTTP: wire(func(r *http.Request, form url.Values) (int, string) {
				sent = append(sent, form.Get("WebIdentityToken"))
				if form.Get("RoleSessionName") != "pod" || r.Header.Get("Authorization") != "" ||
					r.URL.Host != "sts.eu-central-1.amazonaws.com" {
					t.Errorf("%s: session %q signed %q at %s",
						c.name, form.Get("RoleSessionName"), r.Header.Get("Authorization"), r.URL.Host)
				}
				if n := len(sent) - 1; n < len(c.codes) {
					return stsError(http.StatusBadRequest, c.codes[n])
				}
				return stsAnswer("AssumeRoleWithWebIdentity", "ASIA")
			})},
		}
		var got creds.Credentials
		var err error
		synctest.Test(t, func(t *testing.T) { got, err = w.Retrieve(t.Context()) }) // the SDK pauses
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", c.name, got, err, c.want)
		}
		if strings.Join(sent, " ") != strings.Join(c.sent, " ") {
			t.Errorf("%s: sent %q, want %q", c.name, sent, c.sent)
		}
		if err != nil && strings.Contains(err.Error(), expired) {
			t.Errorf("%s: the token is in the error: %v", c.name, err)
		}
	}
}

func TestSessionName(t *testing.T) {
	for host, want := range map[string]string{
		"":                      "sluice",
		"node-7":                "sluice-node-7",
		"ip-10-0-0-1.internal":  "sluice-ip-10-0-0-1.internal",
		"my host/ü":             "sluice-my-host--",
		strings.Repeat("h", 64): "sluice-" + strings.Repeat("h", 57),
	} {
		if got := sts.SessionName(host); got != want {
			t.Errorf("SessionName(%q) = %q, want %q", host, got, want)
		}
	}
}

// TestSettingsRemedy: a refusal names the setting that STS may have meant.
func TestSettingsRemedy(t *testing.T) {
	for code, want := range map[string]string{
		"ValidationError": "1 hour if the base", "AccessDenied": "sts:TagSession",
	} {
		a := sts.AssumeRole{
			STS: creds.Service{Region: "eu-central-1", HTTP: wire(func(*http.Request, url.Values) (int, string) {
				return stsError(http.StatusBadRequest, code)
			})},
			Base:     creds.Static{Credentials: creds.Credentials{AccessKeyID: "A", SecretAccessKey: "s"}},
			RoleARN:  role,
			Duration: 2 * time.Hour,
			Tags:     map[string]string{"team": "logs"},
		}
		if _, err := a.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
}
