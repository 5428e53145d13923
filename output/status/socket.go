package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sluice/internal/contain"
)

// SocketName is the socket's name in an output's folder. Whoever may connect to it sees
// names of buckets and keys, so only its owner and root may.
const SocketName = "status.sock"

// ErrNotRunning means that no process answers for a folder.
var ErrNotRunning = errors.New("no process has this spool open")

// acceptPause keeps a failing Accept from spinning.
const acceptPause = 100 * time.Millisecond

// timeout bounds writing one answer.
const timeout = 5 * time.Second

// Listener answers at the socket of a folder.
type Listener struct {
	dir      string
	listener net.Listener
	get      func() Status
	answers  sync.WaitGroup
}

// Listen answers everyone who connects with what get returns, until Close. The caller must
// have locked the folder: a socket that is there was left by a process that crashed.
func Listen(dir string, get func() Status) (*Listener, error) {
	l := &Listener{dir: dir, get: get}
	err := withPath(dir, func(path string) (err error) {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if l.listener, err = net.Listen("unix", path); err != nil {
			return err
		}
		l.listener.(*net.UnixListener).SetUnlinkOnClose(false) // path may be of another folder by then
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen at %s: %w", filepath.Join(dir, SocketName), err), l.Close())
	}
	l.answers.Go(l.serve)
	return l, nil
}

// Close removes the socket and waits for answers under way.
func (l *Listener) Close() error {
	if l.listener == nil {
		return nil
	}
	err := l.listener.Close()
	l.answers.Wait()
	return errors.Join(err, os.Remove(filepath.Join(l.dir, SocketName)))
}

func (l *Listener) serve() {
	for {
		conn, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(acceptPause) // out of file descriptors, perhaps
			continue
		}
		l.answers.Go(func() {
			defer conn.Close()
			_ = contain.Do(func() error { return l.answer(conn) }) // the caller sees that it is cut off
		})
	}
}

func (l *Listener) answer(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	return json.NewEncoder(conn).Encode(l.get())
}

// Ask returns what the process says that has a folder open. The error is ErrNotRunning if
// there is none.
func Ask(ctx context.Context, dir string) (s Status, err error) {
	err = withPath(dir, func(path string) error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "unix", path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return ErrNotRunning
		}
		if err != nil {
			return err
		}
		defer conn.Close()
		if deadline, ok := ctx.Deadline(); ok {
			if err := conn.SetDeadline(deadline); err != nil {
				return err
			}
		}
		return json.NewDecoder(conn).Decode(&s)
	})
	if err != nil {
		return Status{}, fmt.Errorf("ask at %s: %w", filepath.Join(dir, SocketName), err)
	}
	return s, nil
}

// maxPath is the longest path of a socket (unix(7)), with some room to spare.
const maxPath = 100

// withPath calls use with a path of a folder's socket. A path that is too long for a socket
// is replaced by one that leads through the opened folder.
func withPath(dir string, use func(path string) error) error {
	path := filepath.Join(dir, SocketName)
	if len(path) <= maxPath {
		return use(path)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return use(filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), SocketName))
}
