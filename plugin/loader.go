package main

/*
#include "bridge.h"
*/
import "C"

import (
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"sluice/creds/standard"
)

// process is what all instances share. Fluent Bit loads a plugin once and never
// unloads it, hot reload included; it finds its way back by exported functions
// only, so this has to be a variable of the package.
type process struct {
	properties *C.struct_sluice_property
	hotReload  atomic.Bool // is enabled
	reloading  atomic.Bool // the current stop is a reload

	mu        sync.Mutex // guards what follows
	sources   *standard.Sources
	instances map[uintptr]*instance
	last      uintptr   // handle
	began     time.Time // the current stop; zero if there is none
}

var loader = &process{sources: newSources(), instances: map[uintptr]*instance{}}

// newSources makes the sources of credentials, which all instances share.
func newSources() *standard.Sources {
	return standard.NewSources(standard.Environment{Getenv: os.Getenv, OnUpdate: tellChanged, KeepFresh: true})
}

// open makes an instance and returns its handle, which is never 0 or reused.
func (p *process) open(h hostInstance) (handle uintptr, ok bool) {
	name := h.name()
	h.who = "[output:" + pluginName + ":" + name + "] "
	p.mu.Lock()
	sources := p.sources
	p.mu.Unlock()
	i, err := newInstance(name, h, sources)
	if err != nil {
		h.logf(levelError, "%v", err)
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = time.Time{}
	p.last++
	p.instances[p.last] = i
	return p.last, true
}

// find returns an instance, nil if there is none.
func (p *process) find(handle uintptr) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.instances[handle]
}

// take returns an instance and forgets it.
func (p *process) take(handle uintptr) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.instances[handle]
	delete(p.instances, handle)
	return i
}

// rest ends what goes on for credentials when the last instance has gone. A reload
// begins with new sources: its configuration may name others.
func (p *process) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.instances) == 0 {
		p.sources.Close()
		p.sources = newSources()
	}
}

// stopping returns when the current stop began: the instances are closed one after
// the other, and share one time. When the first is, all begin to ship what they
// have; chunks may still come to the others.
func (p *process) stopping() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began = time.Now()
		for _, i := range p.instances {
			go i.drain()
		}
	}
	return p.began
}

// collectOften has Go's garbage collected before the heap has grown by two fifths:
// nearly all of it is buffers without pointers, which cost the collector nothing,
// and Fluent Bit's memory is somebody's. GOGC says otherwise.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
		ballast = make([]byte, 16<<20)
	}
}

// ballast is never touched, so that it takes no memory, but it counts as part of
// the heap: a small one, as with many small objects, would be collected all the time.
var ballast []byte
