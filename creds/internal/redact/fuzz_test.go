package redact

import (
	"regexp"
	"strings"
	"testing"
)

// planted is AWS's own example of a secret key.
const planted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "x", "token: ", `{"Password": "`, "'", `\"`, "--key ", "https://me:", "Bearer ",
		"Authorization: ", "secret=",
		"\xff", "ſecret=", "a\n", "=", "***",
	} {
		f.Add(seed, "@host")
		f.Add("error: ", seed)
	}
	long := regexp.MustCompile(`[A-Za-z0-9/+=_.~-]{32,}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, text := range []string{
			before + planted + after,
			before + "password=open!sesame" + after,
			before + "secret_key: open!sesame" + after,
			before + " --token open!sesame" + after,
		} {
			got := Text(text)
			for _, secret := range []string{planted, planted[:16], "open!sesame"} {
				around := strings.Contains(before, secret) || strings.Contains(after, secret)
				if !around && strings.Contains(got, secret) {
					t.Errorf("Text(%q) = %q", text, got)
				}
			}
			if long.MatchString(got) {
				t.Errorf("Text(%q) = %q", text, got)
			}
		}
	})
}

// FuzzCode wants no secret, and nothing but letters and digits.
func FuzzCode(f *testing.F) {
	for _, seed := range []string{"AccessDenied", planted, "a b", "", "Fault1"} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`^[A-Za-z0-9]{0,40}$`)
	f.Fuzz(func(t *testing.T, code string) {
		if got := Code(code); got != "" && got != code || !plain.MatchString(got) || got != "" && Text(got) != got {
			t.Errorf("Code(%q) = %q", code, got)
		}
	})
}
