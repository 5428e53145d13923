// Package disk reads files, and replaces them as a whole where several processes may want to.
//
//	err := disk.OS{}.Update(ctx, path, func(old []byte) ([]byte, error) { return refreshed(old) })
package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// FS holds the profiles and the token caches of the AWS CLI. Implementations are safe for concurrent use, also by
// several processes.
type FS interface {
	ReadFile(path string) ([]byte, error)
	// Update replaces a file's content with what change returns, as a whole or not at all. It holds the file's lock
	// meanwhile; ctx bounds the wait for it. If change fails or returns nil, the file stays as it is.
	Update(ctx context.Context, path string, change func(old []byte) ([]byte, error)) error
}

// OS is this machine's disk.
type OS struct{}

// ReadFile is os.ReadFile.
func (OS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Update holds a lock on path.lock, which stays there, against processes that know of it. It creates the temporary file
// first, as large as it may get: a refresh token may work only once, and must not be spent if its successor cannot be
// stored. It updates the file that a link points to.
//
// Root may refresh a user's token in a folder that the user can write. So Update works within the folder that it
// opened, follows no link in it, and gives the user only files that it has created.
func (OS) Update(ctx context.Context, path string, change func(old []byte) ([]byte, error)) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	defer dir.Close()
	if err := (update{dir, filepath.Base(path)}).run(ctx, change); err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	return nil
}
