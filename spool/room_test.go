package spool_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sluice/spool"
)

// TestMakeRoom: of a full spool's active segments the largest are sealed, and when they are shipped there is
// room again.
func TestMakeRoom(t *testing.T) {
	r := open(t, spool.Options{Dir: t.TempDir(), Limit: 100_000})
	r.append(t, "small", strings.Repeat("s", 1000))
	r.append(t, "large", strings.Repeat("l", 60_000))
	r.append(t, "middle", strings.Repeat("m", 30_000))
	if _, err := r.tryAppend("small", strings.Repeat("s", 20_000)); !errors.Is(err, spool.ErrFull) {
		t.Fatalf("Append to a full spool = %v", err)
	}
	if err := r.MakeRoom(); err != nil {
		t.Fatal(err)
	}
	if len(r.sealed) != 1 || r.sealed[0].Stream != "large" {
		t.Fatalf("%d segments were sealed, the first of stream %q, want large alone", len(r.sealed), r.sealed[0].Stream)
	}
	if err := r.Commit(r.sealed...); err != nil {
		t.Fatal(err)
	}
	r.append(t, "small", strings.Repeat("s", 20_000))
}

// TestMakeRoomOfMany: with streams of one size half of them are sealed, the oldest, and then half of the rest.
func TestMakeRoomOfMany(t *testing.T) {
	r := open(t, spool.Options{Dir: t.TempDir()})
	for n := range 10 {
		r.append(t, fmt.Sprint("stream ", n), "the same")
	}
	for _, want := range []int{5, 8, 9, 10, 10} {
		if err := r.MakeRoom(); err != nil {
			t.Fatal(err)
		}
		if len(r.sealed) != want {
			t.Fatalf("%d of 10 segments are sealed, want %d", len(r.sealed), want)
		}
	}
	for n, seg := range r.sealed {
		if want := fmt.Sprint("stream ", n); seg.Stream != want {
			t.Errorf("segment %d is of %s, want %s", n, seg.Stream, want)
		}
	}
}
