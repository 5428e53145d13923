package s3

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// Dial connects like net.Dialer.DialContext.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// guarded returns a Dial whose connections fail when nothing moves on them for stall: a
// server that hangs or has vanished must not hold up an upload forever, and a slow one
// that makes progress may take its time. What they send is added to sent.
func guarded(dial Dial, stall time.Duration, sent *atomic.Int64) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &guardedConn{Conn: conn, stall: stall, sent: sent}, nil
	}
}

// guardedConn is a connection with one reader and one writer at a time.
type guardedConn struct {
	net.Conn
	stall time.Duration
	sent  *atomic.Int64
}

// Read waits for the next bytes while something moves.
func (c *guardedConn) Read(b []byte) (n int, err error) {
	before := moved(c.Conn)
	for {
		if err := c.SetReadDeadline(time.Now().Add(c.stall)); err != nil {
			return 0, err
		}
		if n, err = c.Conn.Read(b); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		now := moved(c.Conn)
		if now == before {
			return 0, err
		}
		before = now // what was sent is still arriving
	}
}

// Write sends all of b while something moves. It also restarts the reader's time: the
// answer cannot come earlier.
func (c *guardedConn) Write(b []byte) (n int, err error) {
	for before := moved(c.Conn); ; {
		if err := c.SetDeadline(time.Now().Add(c.stall)); err != nil {
			return n, err
		}
		k, err := c.Conn.Write(b[n:])
		c.sent.Add(int64(k))
		if n += k; !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		now := moved(c.Conn)
		if k == 0 && now == before {
			return n, err
		}
		before = now
	}
}
