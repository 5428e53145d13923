//go:build !linux

package slowfs

// lockThread does nothing: hanging file systems are handled on Linux only.
func lockThread() (unlock func()) { return func() {} }
