package spool

import "golang.org/x/sys/unix"

func (f osFile) Evict(end int64) {
	_ = unix.Fadvise(int(f.Fd()), 0, end, unix.FADV_DONTNEED) // advice
}
