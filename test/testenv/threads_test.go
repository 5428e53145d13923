package testenv

import (
	"path/filepath"
	"testing"
)

func TestThreads(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(Command{Path: "/bin/sleep", Args: []string{"60"}, Dir: dir, Log: filepath.Join(dir, "log")})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	var threads map[int]Thread
	waited := Wait(t.Context(), p.Done(), func() bool { // it may not have run yet
		threads, err = p.Threads()
		return err != nil || threads[p.PID()].CPU > 0
	})
	if waited != nil {
		t.Fatal(waited)
	}
	if main := threads[p.PID()]; err != nil || len(threads) != 1 || main.Runs == 0 || main.CPU == 0 {
		t.Errorf("the threads of a sleeping program are %+v, %v", threads, err)
	}
	if cpu, err := p.CPUSoFar(); err != nil || cpu < threads[p.PID()].CPU {
		t.Errorf("the program has computed for %v, %v, and its only thread for %v before", cpu, err,
			threads[p.PID()].CPU)
	}
}
