package main

/*
#include "bridge.h"
*/
import "C"

import (
	"unsafe"

	flb "github.com/fluent/fluent-bit-go/output"
	"sluice/internal/contain"
)

// What Fluent Bit calls, in the order in which it does (src/proxy/go/go.c,
// src/flb_plugin_proxy.c), all but the first through guard.c. Each export converts its
// arguments and calls; no panic crosses into C.

//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) (code C.int) {
	code = -1
	defer contain.Recover(logPanic("register"))
	C.sluice_signals_remember()
	C.sluice_guard_loaded()
	collectOften()
	C.sluice_register((*C.struct_sluice_def)(def), C.CString(pluginName), C.CString(pluginDescription), propertyTable())
	return 0
}

//export sluiceInit
func sluiceInit(p *C.struct_sluice_plugin) (code C.int) {
	code = flb.FLB_ERROR
	defer contain.Recover(logPanic("init"))
	C.sluice_signals_repair()
	// p is one object for all instances, so it must not be kept.
	handle, ok := loader.open(hostInstance{api: p.api, ins: p.o_ins})
	if !ok {
		return flb.FLB_ERROR
	}
	C.sluice_set_context(p.context, C.uintptr_t(handle))
	return flb.FLB_OK
}

//export sluicePreRun
func sluicePreRun(hotReload C.int) C.int {
	defer contain.Recover(logPanic("pre-run"))
	loader.hotReload.Store(hotReload != 0)
	return 0
}

//export sluiceFlush
func sluiceFlush(handle unsafe.Pointer, data unsafe.Pointer, size C.size_t, tag *C.char) (code C.int) {
	code = flb.FLB_RETRY
	defer contain.Recover(logPanic("flush"))
	C.sluice_signals_repair()
	i := loader.find(uintptr(handle))
	if i == nil {
		return flb.FLB_RETRY
	}
	if C.sluice_on_worker() != 0 {
		i.markWorkerFlush()
	}
	if err := i.flush(C.GoString(tag), unsafe.Slice((*byte)(data), int(size))); err != nil {
		i.host.logf(levelWarn,
			"%v; the chunk was not accepted, and Fluent Bit tries again as often as its retry_limit allows", err)
		return flb.FLB_RETRY
	}
	return flb.FLB_OK
}

//export sluicePreExit
func sluicePreExit(hotReload C.int) {
	defer contain.Recover(logPanic("pre-exit"))
	loader.reloading.Store(hotReload != 0)
	loader.beginStop()
}

//export sluiceExit
func sluiceExit(handle unsafe.Pointer) C.int {
	defer contain.Recover(logPanic("exit"))
	C.sluice_signals_repair()
	// nil: the instance was never initialised, because an earlier one failed.
	if i := loader.take(uintptr(handle)); i != nil {
		i.close(loader.beginStop())
		loader.closeIdle()
		engineLog.detach()
	}
	return flb.FLB_OK
}
