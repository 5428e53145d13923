//go:build !linux

package main

// disableCoreDumps does nothing: there is no such call here.
func disableCoreDumps() error { return nil }

// hideMemory does nothing here.
func hideMemory() error { return nil }
