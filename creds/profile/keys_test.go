package profile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sluice/creds/profile"
)

func TestKeysComeFromOneFile(t *testing.T) {
	const (
		id      = "aws_access_key_id = "
		secret  = "aws_secret_access_key = "
		token   = "aws_session_token = "
		account = "aws_account_id = "
		all     = id + "ci\n" + secret + "cs\n" + token + "ct\n" + account + "ca\n"
	)
	for _, c := range []struct {
		name, config, credentials string
		want                      profile.Keys
		err                       string
	}{
		{"config", all, "", profile.Keys{"ci", "cs", "ct", "ca"}, ""},
		{"credentials", "", strings.ReplaceAll(all, "= c", "= k"), profile.Keys{"ki", "ks", "kt", "ka"}, ""},
		{"both", all, strings.ReplaceAll(all, "= c", "= k"), profile.Keys{"ki", "ks", "kt", "ka"}, ""},
		{"token and account of the other", all, id + "ki\n" + secret + "ks\n", profile.Keys{"ki", "ks", "", ""}, ""},
		{"secret of the other", all, id + "ki\n", profile.Keys{},
			"missing aws_secret_access_key in the credentials file"},
		{"ID of the other", all, secret + "ks\n" + token + "kt\n", profile.Keys{"ci", "cs", "ct", "ca"}, ""},
		{"ID in config, secret in credentials", id + "ci\n", secret + "ks\n", profile.Keys{},
			"missing aws_secret_access_key in the config file"},
		{"no ID", token + "ct\n", secret + "ks\n", profile.Keys{}, "missing aws_access_key_id"},
		{"an ID without a value", all, id + "\n" + secret + "ks\n", profile.Keys{"ci", "cs", "ct", "ca"}, ""},
	} {
		plan, err := parse(t, "[profile p]\n"+c.config, "[p]\n"+c.credentials).Plan("p")
		if got, _ := plan.Base.(profile.Keys); got != c.want {
			t.Errorf("%s: %q %q %q %q, want %q %q %q %q", c.name,
				got.AccessKeyID, got.SecretAccessKey, got.SessionToken, got.AccountID,
				c.want.AccessKeyID, c.want.SecretAccessKey, c.want.SessionToken, c.want.AccountID)
		}
		if (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

// holder is a caller's struct. Package fmt calls no method of its fields.
type holder struct {
	files   *profile.Files
	section profile.Section
}

func TestNoSecretIsPrinted(t *testing.T) {
	f := parse(t, "", lines(
		"[p]",
		"aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
		"aws_secret_access_key = SECRET",
		"aws_session_token = TOKEN",
	))
	plan, err := f.Plan("p")
	if err != nil {
		t.Fatal(err)
	}
	keys := plan.Base.(profile.Keys)
	section, _ := f.Profile("p")
	var out bytes.Buffer
	for _, v := range []any{keys, &keys, []profile.Keys{keys}, map[string]profile.Keys{"k": keys}, plan, &plan,
		section, &section, []profile.Section{section}, f, *f, holder{f, section}, &holder{f, section}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
	}
	out.WriteString(keys.String() + keys.GoString())
	for _, secret := range []string{"SECRET", "TOKEN"} {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret),
			fmt.Sprint([]byte(secret))} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%q is in what was printed:\n%s", form, out.String())
			}
		}
	}
	if !strings.Contains(out.String(), "AKIAIOSFODNN7EXAMPLE") {
		t.Error("the key's ID is not printed")
	}
	if want := `"v":"{AKIAIOSFODNN7EXAMPLE}"`; !strings.Contains(out.String(), want) {
		t.Errorf("slog's JSON has no %s:\n%s", want, out.String())
	}
	if b, err := json.Marshal(keys); err == nil {
		t.Errorf("Marshal = %s, want an error", b)
	}
}
