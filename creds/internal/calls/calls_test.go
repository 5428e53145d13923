package calls_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"sluice/creds/internal/calls"
	"sluice/internal/contain"
)

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made []string
		note := func(text string) { made = append(made, text) }
		q := &calls.Queue{OnPanic: func(err error) {
			var p *contain.Panic
			if errors.As(err, &p) {
				note(fmt.Sprint("panic: ", p.Value))
			}
		}}
		release := make(chan struct{})
		q.Add(func() { <-release; note("1") })
		q.Add(func() { panic("2") })
		q.Add(func() { q.Add(func() { note("5") }); note("3") })
		q.Add(func() { note("4") })
		synctest.Wait()
		if len(made) != 0 {
			t.Errorf("%q were made beside a call that has not returned", made)
		}
		close(release)
		synctest.Wait()
		q.Add(func() { q.Close(); note("6") })
		q.Add(func() { note("7") })
		synctest.Wait()
		q.Add(func() { note("8") })
		synctest.Wait()
		if got, want := fmt.Sprint(made), "[1 panic: 2 3 4 5 6]"; got != want {
			t.Errorf("made %s, want %s", got, want)
		}
	})
}
