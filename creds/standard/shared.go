package standard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// readFiles returns the shared files. Files that are not there are empty.
func (s *Sources) readFiles() (config, credentials []byte) {
	files, _ := s.readShared()
	return files.config, files.credentials
}

// sharedFiles are the contents of both files; nil is a file that is not there.
type sharedFiles struct{ config, credentials []byte }

func (f sharedFiles) equal(g sharedFiles) bool {
	return !f.without(g) && !g.without(f) && bytes.Equal(f.config, g.config) && bytes.Equal(f.credentials, g.credentials)
}

// without reports whether a file is gone that was there in g.
func (f sharedFiles) without(g sharedFiles) bool {
	return f.config == nil && g.config != nil || f.credentials == nil && g.credentials != nil
}

// readShared reads both files. A file that is not there is empty; one that
// cannot be looked at is an error: it may name another role than the next source.
// What could be read is returned in any case.
func (s *Sources) readShared() (f sharedFiles, err error) {
	where, err := s.located()
	if err != nil {
		return f, err
	}
	for _, each := range []struct {
		path    string
		content *[]byte
	}{{where.Config, &f.config}, {where.Credentials, &f.credentials}} {
		content, readErr := s.env.Disk.ReadFile(each.path)
		if readErr != nil && !isAbsent(readErr) && err == nil {
			err = fmt.Errorf("shared AWS file: %w", readErr)
		}
		*each.content = content
	}
	return f, err
}

// isAbsent reports whether a file cannot be there: services' users have homes like
// /dev/null.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
