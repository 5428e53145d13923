// Package main is a plugin that faults in every flush: a nil dereference that Go
// turns into a panic, if its signal handler is there. It repairs the handlers
// with the real plugin's code, at the moments when the real plugin does; the
// test copies signals.c and bridge.h beside it.
package main

/*
#include "bridge.h"

struct def { int type; int proxy; int flags; char *name; char *description; };
*/
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

func main() {}

//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) C.int {
	C.sluice_signals_remember()
	d := (*C.struct_def)(def)
	d._type, d.proxy = 2, 11
	d.name, d.description = C.CString("faulty"), C.CString("faults in every flush")
	return 0
}

//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) C.int {
	C.sluice_signals_repair()
	return 1
}

//export FLBPluginFlushCtx
func FLBPluginFlushCtx(handle, data unsafe.Pointer, size C.size_t, tag *C.char) (code C.int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintln(os.Stderr, "recovered:", p)
			code = 1
		}
	}()
	C.sluice_signals_repair()
	var nothing *int
	return C.int(*nothing)
}
