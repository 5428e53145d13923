//go:build !linux

package main

// isNotFolder, mayCreateIn and inMemory know nothing of the file system here.
func isNotFolder(error) bool   { return false }
func mayCreateIn(string) error { return nil }
func inMemory(string) bool     { return false }
