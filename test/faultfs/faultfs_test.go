package faultfs_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sluice/test/faultfs"
)

// on makes a fault of one kind of operation.
func on(kind faultfs.Kind, err error) faultfs.Fault {
	return func(op faultfs.Op) error {
		if op.Kind == kind {
			return err
		}
		return nil
	}
}

// TestFaults has each operation fail, and go well again.
func TestFaults(t *testing.T) {
	disk := faultfs.Mount(t)
	name := filepath.Join(disk.Dir, "file")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		kind faultfs.Kind
		do   func() error
	}{
		{faultfs.Write, func() error { _, err := file.WriteAt([]byte("0123456789"), 0); return err }},
		{faultfs.Sync, file.Sync},
		{faultfs.Read, func() error { _, err := file.ReadAt(make([]byte, 5), 5); return err }},
		{faultfs.Truncate, func() error { return file.Truncate(5) }},
		{faultfs.Open, func() error { f, err := os.Open(name); return errors.Join(err, f.Close()) }},
		{faultfs.Lookup, func() error { _, err := os.Stat(name); return err }},
		{faultfs.Create, func() error { return os.WriteFile(filepath.Join(disk.Dir, "other"), nil, 0o600) }},
		{faultfs.Mkdir, func() error { return os.Mkdir(filepath.Join(disk.Dir, "folder"), 0o700) }},
		{faultfs.Rename, func() error { return os.Rename(name, filepath.Join(disk.Dir, "folder", "file")) }},
		{faultfs.List, func() error { _, err := os.ReadDir(filepath.Join(disk.Dir, "folder")); return err }},
		{faultfs.Remove, func() error { return os.Remove(filepath.Join(disk.Dir, "other")) }},
	} {
		disk.SetFault(on(c.kind, syscall.EROFS))
		if err := c.do(); !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s with a fault = %v", c.kind, err)
		}
		disk.SetFault(nil)
		if err := c.do(); err != nil {
			t.Errorf("%s without a fault = %v", c.kind, err)
		}
	}
	content, err := os.ReadFile(filepath.Join(disk.Below, "folder", "file"))
	if string(content) != "01234" || err != nil {
		t.Errorf("below the mount is %q, %v", content, err)
	}
}

// TestDone: a write that is said to have failed is there.
func TestDone(t *testing.T) {
	disk := faultfs.Mount(t)
	disk.SetFault(on(faultfs.Write, faultfs.ErrDone))
	err := os.WriteFile(filepath.Join(disk.Dir, "file"), []byte("text"), 0o600)
	content, readErr := os.ReadFile(filepath.Join(disk.Below, "file"))
	if !errors.Is(err, syscall.EIO) || string(content) != "text" || readErr != nil {
		t.Errorf("write = %v, and %q, %v is there", err, content, readErr)
	}
}

// TestBlock has one byte of a file unreadable, whatever was written or read before.
func TestBlock(t *testing.T) {
	disk := faultfs.Mount(t)
	name := filepath.Join(disk.Dir, "file")
	if err := os.WriteFile(name, make([]byte, 20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.ReadAll(file); err != nil {
		t.Fatal(err)
	}
	disk.SetFault(func(op faultfs.Op) error {
		if op.Kind == faultfs.Read && op.Covers(5000) {
			return syscall.EIO
		}
		return nil
	})
	if _, err := file.ReadAt(make([]byte, 4096), 4096); !errors.Is(err, syscall.EIO) {
		t.Errorf("read of the bad block = %v", err)
	}
	if _, err := file.ReadAt(make([]byte, 4096), 8192); err != nil {
		t.Errorf("read of a good block = %v", err)
	}
}
