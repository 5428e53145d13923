package main

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"os"
	"sync"
	"unsafe"
)

// hostLog writes lines of goroutines to Fluent Bit's log, wherever that goes. It is safe for
// concurrent use.
type hostLog struct {
	mu     sync.RWMutex // guards what follows, and is held while the host's logger runs
	api    *C.struct_sluice_api
	thread unsafe.Pointer // of the engine; nil while there is no output, or the host is unknown
	users  int            // outputs
}

// engineLog is the log of the process. It is a package variable for loader's reason.
var engineLog hostLog

// attach begins to log for an output. It must be called on the engine's thread, in Init.
func (l *hostLog) attach(api *C.struct_sluice_api) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users++
	l.api, l.thread = api, C.sluice_log_thread()
}

// detach ends that, in Exit. When the last output has detached, the host is not called any more.
func (l *hostLog) detach() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users == 0 {
		l.api, l.thread = nil, nil
	}
}

// line writes a line to Fluent Bit's log, or else to stderr in the same form.
func (l *hostLog) line(level int, text string) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.thread == nil {
		return writeLine(os.Stderr, level, text)
	}
	line := C.CString(text)
	defer C.free(unsafe.Pointer(line))
	C.sluice_log_as(l.thread, l.api, C.int(level), line)
	return nil
}
