package main

// #include <stdlib.h>
// #include "probe.h"
import "C"

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

// instances holds what Init made, by the handle that the host hands back.
var instances sync.Map // uintptr → *instance

// instance is one [OUTPUT] section.
type instance struct {
	name       string
	answers    []string
	failInit   bool
	data, keep bool
	meet       int
	spin, deep int

	mu     sync.Mutex // guards what follows
	inside sync.Cond
	active int
	most   int
	turn   int
	last   kept
}

// kept is what a plugin must not keep, beside what it was while it was valid.
type kept struct {
	data, tag *C.char
	sum, name string
	size      int
}

func newInstance(p *C.struct_plugin) *instance {
	in := &instance{
		name:     C.GoString(C.trace_instance_name(p)),
		answers:  strings.Split(property(p, "answers"), ","),
		failInit: property(p, "fail_init") != "",
		data:     property(p, "data") != "",
		keep:     property(p, "keep") != "",
		meet:     number(property(p, "meet")),
		spin:     number(property(p, "spin")),
		deep:     number(property(p, "deep")),
	}
	in.inside.L = &in.mu
	for _, key := range []string{"Answers", "workers", "match", "host", "net.x", "tls.verify", "empty"} {
		if value, ok := lookupProperty(p, key); ok {
			logf(p, 3, key+" = "+value)
		}
	}
	if C.trace_log_check(p, 4) != 0 {
		logf(p, 4, "debug is on")
	}
	return in
}

func lookup(ctx unsafe.Pointer) *instance {
	in, _ := instances.Load(uintptr(ctx))
	return in.(*instance)
}

func (in *instance) event(call string, arg int) event {
	e := event{Call: call, Instance: in.name, Arg: arg}
	var flags C.int
	C.trace_signal_flags(C.int(syscall.SIGTERM), &flags)
	e.OnStack = flags&0x08000000 != 0 // SA_ONSTACK
	return e
}

// flush answers one chunk, and writes down how it came.
func (in *instance) flush(data unsafe.Pointer, size int, tag *C.char) int {
	chunk := unsafe.Slice((*byte)(data), size)
	sum := sha256.Sum256(chunk)
	e := in.event("Flush", 0)
	e.Tag, e.Size, e.Sum = C.GoString(tag), size, hex.EncodeToString(sum[:8])
	if in.data {
		e.Data = append([]byte(nil), chunk...)
	}
	e.Answer = in.enter(&e, kept{(*C.char)(data), tag, e.Sum, e.Tag, size})
	write(e)
	for range in.spin {
		sum = sha256.Sum256(append(sum[:], chunk...))
	}
	if in.deep > 0 {
		C.trace_deep(C.size_t(in.deep))
	}
	in.leave()
	return map[string]int{"error": 0, "ok": 1, "": 1, "retry": 2}[e.Answer]
}

// enter counts the flush in, waits for the others that it is to meet, and takes its turn.
func (in *instance) enter(e *event, now kept) (answer string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.keep {
		e.Stale = in.last.stale()
		in.last = now
	}
	answer = in.answers[min(in.turn, len(in.answers)-1)]
	in.turn++
	in.active++
	in.most = max(in.most, in.active)
	e.Active = in.active
	in.inside.Broadcast()
	for in.most < in.meet {
		in.inside.Wait()
	}
	return answer
}

func (in *instance) leave() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.active--
}

// stale reports whether the memory of an ended flush still holds what it held.
func (k kept) stale() string {
	if k.data == nil {
		return ""
	}
	C.trace_peek(k.data)
	chunk := unsafe.Slice((*byte)(unsafe.Pointer(k.data)), k.size)
	sum := sha256.Sum256(chunk)
	what := "data changed"
	if hex.EncodeToString(sum[:8]) == k.sum {
		what = "data intact"
	}
	tag := unsafe.Slice((*byte)(unsafe.Pointer(k.tag)), len(k.name))
	if string(tag) == k.name {
		return what + ", tag intact"
	}
	return what + ", tag changed"
}

func property(p *C.struct_plugin, key string) string {
	value, _ := lookupProperty(p, key)
	return value
}

// lookupProperty distinguishes a missing property from an empty one.
func lookupProperty(p *C.struct_plugin, key string) (string, bool) {
	k := C.CString(key)
	defer C.free(unsafe.Pointer(k))
	value := C.trace_property(p, k)
	return C.GoString(value), value != nil
}

func logf(p *C.struct_plugin, level int, message string) {
	m := C.CString(message)
	defer C.free(unsafe.Pointer(m))
	C.trace_log(p, C.int(level), m)
}
