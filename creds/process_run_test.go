package creds

import (
	"strings"
	"testing"
	"testing/iotest"
)

// TestTail: the last lines are kept, and no line without its beginning.
func TestTail(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{"", ""},
		{"one\ntwo", "one\ntwo"},
		{strings.Repeat("x", maxStderr), strings.Repeat("x", maxStderr)},
		{strings.Repeat("x", maxStderr+1), ""},
		{"password: " + strings.Repeat("open sesame ", 9999) + "\nfailed", "failed"},
		{strings.Repeat("x\n", maxStderr), strings.Repeat("x\n", maxStderr/2-1)},
	} {
		for _, r := range []func(string) []byte{
			func(s string) []byte { return tail(strings.NewReader(s)) },
			func(s string) []byte { return tail(iotest.OneByteReader(strings.NewReader(s))) },
		} {
			if got := string(r(c.written)); got != c.want {
				t.Errorf("of %d bytes %d are kept, want %d: %.40q", len(c.written), len(got), len(c.want), got)
			}
		}
	}
}
