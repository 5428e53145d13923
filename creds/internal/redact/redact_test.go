package redact

import "testing"

func TestText(t *testing.T) {
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for text, want := range map[string]string{
		"":                                   "",
		"profile 'x' is not there":           "profile 'x' is not there",
		"line 12: no such file: config.json": "line 12: no such file: config.json",
		secret:                               "***",
		"got <" + secret + "> from it":       "got <***> from it",
		"a16charactersrun, then more":        "***, then more",
		"a15charactersru":                    "a15charactersru",
		"internationalisation":               "internationalisation",
		"thirtytwolettersandnotasingledigit": "***",
		"password=a":                         "password=***",
		"PASSWORD : a b":                     "PASSWORD : *** b",
		`{"Password": "a b\" c", "x": 1}`:    `{"Password": *** "x": 1}`,
		`pwd='a b' c`:                        `pwd=*** c`,
		`:secret => a`:                       `:secret => ***`,
		`my_api_key := "a`:                   `my_api_key := ***`,
		"token.value=a":                      "token.value=***",
		"token: password: a":                 "token: *** ***",
		"login --db-password a --force":      "login --db-password *** --force",
		"login --db-password=a --force":      "login --db-password=*** --force",
		"Authorization: Basic a b\nnext":     "Authorization: ***\nnext",
		"sent Bearer a.b, was refused":       "sent Bearer *** was refused",
		"https://me:a@b@host/x":              "https://***@host/x",
		"the security token is expired":      "the security token is expired",
	} {
		if got := Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	if got, want := Words("aba ababa x", []string{"aba", ""}), "*** *** x"; got != want {
		t.Errorf("Words = %q, want %q", got, want)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                        "plain",
		"one\r\ntwo\tthree":            "one\n\ntwo three",
		"\x1b[31mred\x1b[0m, \x1b[2K!": "red, !",
		"bell\a, nul\x00, del\x7f":     "bell, nul, del",
		"zero\u200bwidth":              "zerowidth",
		"naïve …":                      "naïve …",
	} {
		if got := Printable(text); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDenied":                       "AccessDenied",
		"":                                   "",
		"two words":                          "",
		"<html>":                             "",
		"A12345678901234567890":              "", // looks random
		"thirtytwolettersandnotasingledigit": "",
	} {
		if got := Code(code); got != want {
			t.Errorf("Code(%q) = %q, want %q", code, got, want)
		}
	}
}
