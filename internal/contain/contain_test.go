package contain

import (
	"errors"
	"strings"
	"testing"
)

func TestDo(t *testing.T) {
	want := errors.New("an error of its own")
	if err := Do(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("Do returned %v, want %v", err, want)
	}
	err := Do(func() error { panic("a bug") })
	var p *Panic
	if !errors.As(err, &p) || p.Value != "a bug" {
		t.Fatalf("Do returned %v, want a *Panic of \"a bug\"", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "panic: a bug\n") || !strings.Contains(text, "contain.TestDo") {
		t.Errorf("the error is %q, want the value and the stack", text)
	}
}
