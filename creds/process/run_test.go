package process

import (
	"strings"
	"testing"
	"testing/iotest"
)

// TestTail: tail keeps the last lines, and no line without its beginning.
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
				t.Errorf("tail keeps %[2]d of %[1]d bytes, want %[3]d: %.40[4]q",
					len(c.written), len(got), len(c.want), got)
			}
		}
	}
}
