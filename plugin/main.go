// Package main is the plugin: a shared object that Fluent Bit loads with -e out_sluice.so. It
// is the only package that knows C.
//
// exports.go has what Fluent Bit calls, host.go and bridge.c what we call in Fluent Bit,
// loader.go what exists once in the process, instance.go what each output has.
package main

const (
	pluginName        = "sluice"
	pluginDescription = "Ship logs to Amazon S3"
)

// version is set by the linker.
var version = "unknown"

// main is never called: the package is built with -buildmode=c-shared.
func main() {}
