package main

import "testing"

// The last instance that goes takes the sources of credentials along, which would
// be kept fresh for no one.
func TestSourcesEndWithTheLastInstance(t *testing.T) {
	first := newSources()
	p := &process{sources: first, instances: map[uintptr]*instance{1: {}, 2: {}}}
	p.take(1)
	p.closeIdle()
	if p.sources != first {
		t.Error("the sources have ended, and an instance is left")
	}
	p.take(2)
	p.closeIdle()
	if p.sources == first {
		t.Error("the sources go on, and no instance is left")
	}
}
