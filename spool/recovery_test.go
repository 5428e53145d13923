package spool_test

import (
	"fmt"
	"syscall"
	"testing"

	"sluice/spool/spooltest"
)

// fates are what may be left of what was not synced.
func fates() []spooltest.Fate {
	all := []spooltest.Fate{spooltest.Nothing(), spooltest.Everything(), spooltest.Sizes()}
	for seed := range uint64(12) {
		all = append(all, spooltest.Torn(seed))
	}
	return all
}

// steps is how many operations a life has on a disk on which nothing fails.
func steps(t *testing.T, p plan, end func(*world)) int {
	t.Helper()
	w := newWorld(p)
	w.live(t)
	end(w)
	return w.disk.Steps()
}

func crashed(*world) {}

func stopped(w *world) { w.stop() }

// TestCrash kills a process before each operation that changes the disk, those of its stop included, and
// wants the next one to find all that was answered, whatever the disk has forgotten.
func TestCrash(t *testing.T) {
	for _, p := range plans() {
		last := steps(t, p, stopped)
		t.Logf("plan %v: %d operations, %d fates", p, last, len(fates()))
		for at := 1; at <= last+1; at++ {
			for _, fate := range fates() {
				t.Run(fmt.Sprintf("plan %v, before operation %d, %v", p, at, fate), func(t *testing.T) {
					w := newWorld(p)
					w.disk.CrashAt(at)
					w.live(t)
					w.stop()
					w.disk = w.disk.Crash(fate)
					w.settle(t)
				})
			}
		}
	}
}

// TestCrashTwice kills the process that recovers, too.
func TestCrashTwice(t *testing.T) {
	for _, p := range plans() {
		last := steps(t, p, crashed)
		for first := 1; first <= last; first += 3 {
			for second := 1; second <= last; second += 2 {
				seed := uint64(first*1000 + second)
				t.Run(fmt.Sprintf("plan %v, before operations %d and %d", p, first, second), func(t *testing.T) {
					w := newWorld(p)
					for n, at := range []int{first, second} {
						w.disk.CrashAt(at)
						w.live(t)
						w.disk = w.disk.Crash(spooltest.Torn(seed + uint64(n)))
					}
					w.settle(t)
				})
			}
		}
	}
}

// TestFailure has one operation fail, a write in its middle, or some in a row, or all from then on, while the
// process goes on; then it is killed, or stops. What is stored of a segment meanwhile must be all that the next
// process finds in it.
func TestFailure(t *testing.T) {
	ends := map[string]func(*world){"kill": crashed, "stop": stopped}
	for _, p := range plans() {
		for at := 1; at <= steps(t, p, stopped); at++ {
			for _, times := range []int{1, 4, 1000} {
				for name, end := range ends {
					for _, fate := range []spooltest.Fate{spooltest.Nothing(), spooltest.Everything(),
						spooltest.Torn(uint64(at))} {
						t.Run(fmt.Sprintf("plan %v, %d operations from %d, %s, %v", p, times, at, name, fate),
							func(t *testing.T) {
								w := newWorld(p)
								w.disk.FailAt(at, times, syscall.ENOSPC)
								w.live(t)
								end(w)
								w.disk = w.disk.Crash(fate)
								w.settle(t)
							})
					}
				}
			}
		}
	}
}

// TestLyingSync has syncs fail that have written, and all that follows until the power is cut: a frame that was
// refused is on the disk all the same, and comes to light when its segment has been stored without it.
func TestLyingSync(t *testing.T) {
	for _, p := range plans() {
		for at := 1; at <= steps(t, p, crashed); at++ {
			for _, times := range []int{1, 4, 1000} {
				t.Run(fmt.Sprintf("plan %v, %d operations from %d", p, times, at), func(t *testing.T) {
					w := newWorld(p)
					w.disk.LyingSyncs()
					w.disk.FailAt(at, times, syscall.EIO)
					w.live(t)
					w.disk = w.disk.Crash(spooltest.Nothing())
					w.settle(t)
				})
			}
		}
	}
}

// TestCounter: a number that was kept is not given out again.
func TestRecoveryOfCounter(t *testing.T) {
	w := newWorld(plans()[0])
	for want := range uint64(3) {
		if err := w.start(); err != nil {
			t.Fatal(err)
		}
		if got := w.counter.Next(); got != want {
			t.Errorf("Take after %d crashes = %d", want, got)
		}
		if err := w.counter.Persist(); err != nil {
			t.Fatal(err)
		}
		w.disk = w.disk.Crash(spooltest.Nothing())
	}
}
