package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sluice/test/testenv"
)

// usage is what a process has computed, and its threads.
type usage struct {
	cpu     time.Duration
	threads map[int]testenv.Thread
}

func usageOf(p *testenv.Process) (u usage, err error) {
	if u.threads, err = p.Threads(); err != nil {
		return u, err
	}
	u.cpu, err = p.CPUSoFar()
	return u, err
}

// since is what was computed after before.
func (u usage) since(before usage) usage {
	threads := map[int]testenv.Thread{}
	for id, t := range u.threads {
		was := before.threads[id]
		threads[id] = testenv.Thread{Name: t.Name, CPU: t.CPU - was.CPU, Runs: t.Runs - was.Runs}
	}
	return usage{u.cpu - before.cpu, threads}
}

// runs is how often any thread was given a processor.
func (u usage) runs() (n int) {
	for _, t := range u.threads {
		n += t.Runs
	}
	return n
}

// busiest are the threads that have computed at all, the busiest first.
func (u usage) busiest() []testenv.Thread {
	threads := slices.DeleteFunc(slices.Collect(maps.Values(u.threads)),
		func(t testenv.Thread) bool { return t.Runs == 0 })
	slices.SortFunc(threads, func(a, b testenv.Thread) int { return cmp.Compare(b.CPU, a.CPU) })
	return threads
}
