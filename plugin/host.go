package main

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"sluice/conf"
	"sluice/internal/contain"
)

// hostInstance is Fluent Bit's side of one output. Its methods may only be called on a thread
// of the host, while the instance exists.
type hostInstance struct {
	api *C.struct_sluice_api
	ins unsafe.Pointer
	who string // "[output:sluice:NAME] "
}

// Levels of Fluent Bit's log (include/fluent-bit/flb_log.h).
const (
	levelError = 1
	levelWarn  = 2
	levelInfo  = 3
	levelDebug = 4
)

// property is a conf.Lookup.
func (h hostInstance) property(name string) (value string, set bool) {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	v := C.sluice_property_get(h.api, h.ins, key)
	if v == nil {
		return "", false
	}
	return C.GoString(v), true
}

// name returns the alias of the instance, or else its name in Fluent Bit.
func (h hostInstance) name() string {
	if n := C.sluice_instance_name(h.ins); n != nil {
		return C.GoString(n)
	}
	return pluginName
}

// metrics returns the instance's metrics in Prometheus' text format, or "" if the host has
// none. It may only be called when the engine has stopped.
func (h hostInstance) metrics() string {
	text := C.sluice_metrics(h.api, h.ins)
	if text == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(text))
	return C.GoString(text)
}

// maxLevel returns the most verbose level that the instance logs at.
func (h hostInstance) maxLevel() int {
	level := levelError
	for level < levelDebug && C.sluice_log_check(h.api, h.ins, C.int(level+1)) != 0 {
		level++
	}
	return level
}

// logf logs through Fluent Bit's own logger.
func (h hostInstance) logf(level int, format string, args ...any) {
	if C.sluice_log_check(h.api, h.ins, C.int(level)) == 0 {
		return
	}
	line := C.CString(h.who + fmt.Sprintf(format, args...))
	defer C.free(unsafe.Pointer(line))
	C.sluice_log(h.api, C.int(level), line)
}

// propertyTable returns the table that Fluent Bit checks names against and prints for -h. The
// host keeps pointers to it: it is made once and never freed.
func propertyTable() *C.struct_sluice_property {
	if loader.properties != nil {
		return loader.properties
	}
	// flb_config_map.h:33
	types := map[conf.Type]C.int{conf.String: 0, conf.Size: 5, conf.Time: 6, conf.Boolean: 3, conf.Integer: 2}
	all := conf.Properties()
	size := C.size_t(unsafe.Sizeof(C.struct_sluice_property{}))
	first := (*C.struct_sluice_property)(C.calloc(C.size_t(len(all)+1), size))
	table := unsafe.Slice(first, len(all))
	for i, p := range all {
		table[i]._type = types[p.Type]
		table[i].name = C.CString(p.Name)
		table[i].desc = C.CString(p.Description)
		if p.Default != "" {
			table[i].def_value = C.CString(p.Default)
		}
	}
	loader.properties = first
	return first
}

// inMemory reports whether a folder is on a file system in memory.
func inMemory(dir string) bool {
	path := C.CString(dir)
	defer C.free(unsafe.Pointer(path))
	return C.sluice_in_memory(path) != 0
}

// logPanic returns a function that logs a panic of an export: none may cross into C.
func logPanic(export string) func(*contain.Panic) {
	return func(p *contain.Panic) {
		_ = engineLog.line(levelError, allOutputs+oneLine(fmt.Sprintf("%s: %v", export, p)))
	}
}
