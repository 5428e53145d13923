package faultfs

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or a folder that asks for a fault before each operation.
type node struct {
	*fs.LoopbackNode
	disk *FS
}

// WrapChild has the children ask, too.
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{child.(*fs.LoopbackNode), n.disk}
}

func (n *node) path() string { return n.Path(n.Root()) }

func (n *node) child(name string) string { return filepath.Join(n.path(), name) }

// do asks for a fault, and does the operation unless that forbids it.
func (n *node) do(op Op, do func() syscall.Errno) syscall.Errno { return n.disk.do(op, do) }

func (d *FS) do(op Op, do func() syscall.Errno) syscall.Errno {
	done, errno := d.decide(op)
	if !done {
		return errno
	}
	if failed := do(); failed != 0 {
		return failed
	}
	return errno
}

// Lookup finds a child.
func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (child *fs.Inode, errno syscall.Errno) {
	errno = n.do(Op{Kind: Lookup, Path: n.child(name)}, func() (errno syscall.Errno) {
		child, errno = n.LoopbackNode.Lookup(ctx, name, out)
		return errno
	})
	return child, errno
}

// OpendirHandle lists a folder.
func (n *node) OpendirHandle(ctx context.Context, flags uint32) (list fs.FileHandle, kept uint32, errno syscall.Errno) {
	errno = n.do(Op{Kind: List, Path: n.path()}, func() (errno syscall.Errno) {
		list, kept, errno = n.LoopbackNode.OpendirHandle(ctx, flags)
		return errno
	})
	return list, kept, errno
}

// Fsync makes a folder durable; a file has a handle for that.
func (n *node) Fsync(ctx context.Context, f fs.FileHandle, flags uint32) syscall.Errno {
	if file, ok := f.(*file); ok {
		return file.Fsync(ctx, flags)
	}
	return n.do(Op{Kind: Sync, Path: n.path()}, func() syscall.Errno { return 0 })
}

// Mkdir makes a folder.
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (
	child *fs.Inode, errno syscall.Errno,
) {
	errno = n.do(Op{Kind: Mkdir, Path: n.child(name)}, func() (errno syscall.Errno) {
		child, errno = n.LoopbackNode.Mkdir(ctx, name, mode, out)
		return errno
	})
	return child, errno
}

// Unlink removes a file.
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	return n.do(Op{Kind: Remove, Path: n.child(name)}, func() syscall.Errno { return n.LoopbackNode.Unlink(ctx, name) })
}

// Rmdir removes a folder.
func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	return n.do(Op{Kind: Remove, Path: n.child(name)}, func() syscall.Errno { return n.LoopbackNode.Rmdir(ctx, name) })
}

// Rename gives a file another name.
func (n *node) Rename(
	ctx context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32,
) syscall.Errno {
	parent := to.(*node)
	op := Op{Kind: Rename, Path: n.child(name), NewPath: parent.child(newName)}
	return n.do(op, func() syscall.Errno {
		return n.LoopbackNode.Rename(ctx, name, parent.LoopbackNode, newName, flags)
	})
}

// Setattr truncates a file, among others.
func (n *node) Setattr(ctx context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	set := func() syscall.Errno {
		if file, ok := f.(*file); ok {
			f = file.LoopbackFile
		}
		return n.LoopbackNode.Setattr(ctx, f, in, out)
	}
	if _, resized := in.GetSize(); !resized {
		return set()
	}
	return n.do(Op{Kind: Truncate, Path: n.path()}, set)
}

// Open opens a file past the kernel's pages.
func (n *node) Open(ctx context.Context, flags uint32) (f fs.FileHandle, _ uint32, errno syscall.Errno) {
	errno = n.do(Op{Kind: Open, Path: n.path()}, func() (errno syscall.Errno) {
		f, _, errno = n.LoopbackNode.Open(ctx, flags)
		return errno
	})
	return n.wrap(f, n.path()), fuse.FOPEN_DIRECT_IO, errno
}

// Create makes a file and opens it.
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (
	child *fs.Inode, f fs.FileHandle, _ uint32, errno syscall.Errno,
) {
	path := n.child(name)
	errno = n.do(Op{Kind: Create, Path: path}, func() (errno syscall.Errno) {
		child, f, _, errno = n.LoopbackNode.Create(ctx, name, flags, mode, out)
		return errno
	})
	return child, n.wrap(f, path), fuse.FOPEN_DIRECT_IO, errno
}

// wrap has an open file ask, too. f is nil after a failure.
func (n *node) wrap(f fs.FileHandle, path string) fs.FileHandle {
	if opened, ok := f.(*fs.LoopbackFile); ok {
		return &file{opened, n.disk, path}
	}
	return f
}

// file is an open file that asks for a fault before each operation.
type file struct {
	*fs.LoopbackFile
	disk *FS
	path string // when it was opened
}

func (f *file) Read(ctx context.Context, buf []byte, off int64) (result fuse.ReadResult, errno syscall.Errno) {
	errno = f.disk.do(Op{Kind: Read, Path: f.path, Off: off, Len: int64(len(buf))}, func() (errno syscall.Errno) {
		result, errno = f.LoopbackFile.Read(ctx, buf, off)
		return errno
	})
	return result, errno
}

func (f *file) Write(ctx context.Context, data []byte, off int64) (n uint32, errno syscall.Errno) {
	errno = f.disk.do(Op{Kind: Write, Path: f.path, Off: off, Len: int64(len(data))}, func() (errno syscall.Errno) {
		n, errno = f.LoopbackFile.Write(ctx, data, off)
		return errno
	})
	return n, errno
}

func (f *file) Fsync(ctx context.Context, flags uint32) syscall.Errno {
	return f.disk.do(Op{Kind: Sync, Path: f.path}, func() syscall.Errno { return f.LoopbackFile.Fsync(ctx, flags) })
}
