//go:build !linux

package spool

func (osFile) Evict(int64) {}
