package standard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// sharedFiles are the contents of the shared config and credentials files; nil is a file that does not exist.
type sharedFiles struct{ config, credentials []byte }

func (f sharedFiles) equal(g sharedFiles) bool {
	return !f.lacks(g) && !g.lacks(f) && bytes.Equal(f.config, g.config) && bytes.Equal(f.credentials, g.credentials)
}

// lacks reports whether a file of g does not exist any more.
func (f sharedFiles) lacks(g sharedFiles) bool {
	return f.config == nil && g.config != nil || f.credentials == nil && g.credentials != nil
}

// readShared reads both files. One that cannot be read is an error, since it may name another role than the next
// source. The other is returned even then.
func (s *Sources) readShared() (f sharedFiles, err error) {
	where, err := s.location()
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

// isAbsent reports whether a file cannot exist: the users of services have homes such as /dev/null.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
