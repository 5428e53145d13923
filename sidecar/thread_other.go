//go:build !linux

package sidecar

// onOwnThread is for Linux.
func onOwnThread() (end func()) { return func() {} }
