package main

// #include <stdlib.h>
// #include "probe.h"
import "C"

import (
	"os"
	"strconv"
	"unsafe"
)

//export FLBPluginPreRegister
func FLBPluginPreRegister(hotReloading C.int) C.int {
	write(event{Call: "PreRegister", Arg: int(hotReloading)})
	return 0
}

//export FLBPluginRegister
func FLBPluginRegister(def *C.struct_def) C.int {
	room := C.trace_room(unsafe.Pointer(def))
	e := event{Call: "Register", Room: int(room), Arg: int(def._type)}
	e.Zeroed = def.proxy == 0 && def.flags == 0 && def.name == nil && def.description == nil

	def._type, def.proxy = 2, 11
	def.flags = C.int(number(os.Getenv("TRACE_FLAGS")))
	def.name = C.CString("trace")
	def.description = C.CString("Writes down what its host does")
	if room >= 40 {
		def.event_type = 0
	}
	if room >= 48 && os.Getenv("TRACE_CONFIG_MAP") != "" {
		def.config_map = unsafe.Pointer(C.trace_config_map())
	}
	if offset := os.Getenv("TRACE_WRITE_PAST"); offset != "" {
		C.trace_write_past(unsafe.Pointer(def), C.size_t(number(offset)))
	}
	write(e)
	return 0
}

//export FLBPluginInit
func FLBPluginInit(p *C.struct_plugin) C.int {
	in := newInstance(p)
	write(in.event("Init", int(uintptr(unsafe.Pointer(p)))))
	if in.failInit {
		return 0 // FLB_ERROR
	}
	handle := C.malloc(1)
	instances.Store(uintptr(handle), in)
	p.context.remote_context = handle
	return 1
}

//export FLBPluginOutputPreRun
func FLBPluginOutputPreRun(hotReload C.int) C.int {
	write(event{Call: "PreRun", Arg: int(hotReload)})
	return 0
}

//export FLBPluginFlushCtx
func FLBPluginFlushCtx(ctx, data unsafe.Pointer, size C.size_t, tag *C.char) C.int {
	return C.int(lookup(ctx).flush(data, int(size), tag))
}

//export FLBPluginOutputPreExit
func FLBPluginOutputPreExit(hotReloading C.int) {
	write(event{Call: "PreExit", Arg: int(hotReloading)})
}

//export FLBPluginExitCtx
func FLBPluginExitCtx(ctx unsafe.Pointer) C.int {
	if ctx == nil {
		write(event{Call: "ExitCtx(NULL)"})
		return 1
	}
	in := lookup(ctx)
	write(in.event("ExitCtx", in.most))
	instances.Delete(uintptr(ctx))
	C.free(ctx)
	return 1
}

//export FLBPluginUnregister
func FLBPluginUnregister(def *C.struct_def) {
	write(event{Call: "Unregister", Arg: int(def.proxy)})
	C.free(unsafe.Pointer(def.name))
	C.free(unsafe.Pointer(def.description))
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
