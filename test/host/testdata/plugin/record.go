package main

// #include "probe.h"
import "C"

import (
	"encoding/json"
	"os"
	"sync"
)

// event is one line of the trace.
type event struct {
	Call     string `json:"call"`
	Thread   string `json:"thread"`
	Instance string `json:"instance,omitempty"`
	Arg      int    `json:"arg,omitempty"`  // the call's number: a flag, a type, most flushes at once
	Room     int    `json:"room,omitempty"` // malloc_usable_size of the definition
	Zeroed   bool   `json:"zeroed,omitempty"`
	Tag      string `json:"tag,omitempty"`
	Size     int    `json:"size,omitempty"`
	Sum      string `json:"sum,omitempty"`  // of the chunk
	Data     []byte `json:"data,omitempty"` // the chunk itself, with the property data
	Answer   string `json:"answer,omitempty"`
	Active   int    `json:"active,omitempty"` // flushes of this instance that are inside now
	Pthread  bool   `json:"pthread"`          // called on the stack that pthread made
	Stale    string `json:"stale,omitempty"`  // what became of the previous chunk and tag
	OnStack  bool   `json:"on_stack,omitempty"`
}

// out guards the trace file; a line is written whole, in the order of the calls.
var out struct {
	sync.Mutex
	file *os.File
}

func write(e event) {
	e.Thread, e.Pthread = thread(), C.trace_on_thread_stack() == 1
	out.Lock()
	defer out.Unlock()
	if out.file == nil {
		f, err := os.OpenFile(os.Getenv("TRACE_FILE"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			panic(err)
		}
		out.file = f
	}
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	if _, err := out.file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

func thread() string {
	var name [16]C.char
	C.trace_thread_name(&name[0])
	return C.GoString(&name[0])
}
