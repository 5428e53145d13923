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

// process is what all instances share. Fluent Bit loads a plugin once and never unloads it,
// not even at a hot reload, and calls it by exported functions only, so this has to be a
// package variable.
type process struct {
	properties *C.struct_sluice_property
	hotReload  atomic.Bool // hot reload is enabled
	reloading  atomic.Bool // the current stop is a reload

	mu        sync.Mutex // guards what follows
	sources   *standard.Sources
	instances map[uintptr]*instance
	last      uintptr   // the last handle
	began     time.Time // of the current stop; zero if there is none
}

// allOutputs begins lines that concern every output of the process.
const allOutputs = "[output:" + pluginName + "] "

var loader = &process{sources: newSources(), instances: map[uintptr]*instance{}}

// newSources makes the sources of credentials that all instances share.
func newSources() *standard.Sources {
	return standard.NewSources(standard.Environment{Getenv: os.Getenv, OnUpdate: onUpdate, KeepFresh: true})
}

// open makes an instance and returns its handle, which is never 0 or reused.
func (p *process) open(h hostInstance) (handle uintptr, ok bool) {
	name := h.name()
	h.who = "[output:" + pluginName + ":" + name + "] "
	engineLog.attach(h.api)
	p.mu.Lock()
	sources := p.sources
	p.mu.Unlock()
	i, err := newInstance(name, h, sources)
	if err != nil {
		h.logf(levelError, "%v", err)
		engineLog.detach()
		return 0, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = time.Time{}
	p.last++
	p.instances[p.last] = i
	return p.last, true
}

// find returns an instance, or nil.
func (p *process) find(handle uintptr) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.instances[handle]
}

// take removes and returns an instance.
func (p *process) take(handle uintptr) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.instances[handle]
	delete(p.instances, handle)
	return i
}

// closeIdle closes the sources of credentials when there are no instances any more. A reload
// begins with new ones: its configuration may name others.
func (p *process) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.instances) == 0 {
		p.sources.Close()
		p.sources = newSources()
	}
}

// beginStop returns when the current stop began: the instances are closed one after the other
// and share exit_timeout. The first call makes all of them ship what they have; the others
// may still get chunks.
func (p *process) beginStop() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began = time.Now()
		for _, i := range p.instances {
			go i.beginShutdown()
		}
	}
	return p.began
}

// collectOften makes Go collect garbage when the heap has grown by two fifths. Nearly all of
// it is buffers without pointers, which cost the collector nothing. GOGC overrides it.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
		ballast = make([]byte, 16<<20)
	}
}

// ballast is never touched, so that it takes no memory, but it counts as heap: a small heap,
// as with many small objects, would be collected all the time.
var ballast []byte
