package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// CheckPrivate refuses a folder that another user owns or may write to: what is in it may
// be that user's, and would be sent with our credentials. Its parent must belong to root
// or to us, and so must every folder below one where anyone may create folders, such as
// /tmp: its owner could replace ours. A parent may be writable for all, as a volume of
// Kubernetes is.
func (OS) CheckPrivate(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	self := os.Geteuid()
	switch owner := ownerOf(info); {
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: remove it, or set another store_dir", dir)
	case owner != self:
		return fmt.Errorf("%s belongs to user %d and not to user %d, which runs this: "+
			"run chown -R %d %s if its content is yours, or set another store_dir", dir, owner, self, self, dir)
	case info.Mode()&0o022 != 0:
		return fmt.Errorf("%s is writable by other users (mode %04o): run chmod go-w %s, or set another store_dir",
			dir, info.Mode().Perm(), dir)
	}
	return checkAbove(dir, self)
}

// checkAbove refuses the parent of dir, or a folder between dir and one where anyone may
// create folders, if it is neither root's nor self's.
func checkAbove(dir string, self int) error {
	var foreign error
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		info, err := os.Stat(up)
		if err != nil {
			return err
		}
		if owner := ownerOf(info); owner != 0 && owner != self && foreign == nil {
			foreign = fmt.Errorf("%s belongs to user %d, who could replace what is in it: set another store_dir",
				up, owner)
		}
		if foreign != nil && (up == filepath.Dir(dir) || info.Mode()&os.ModeSticky != 0) {
			return foreign
		}
		if up == filepath.Dir(up) {
			return nil
		}
	}
}

func ownerOf(info os.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Uid)
}
