package sidecar

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of what one peer is told in detail.
const (
	refusalsPerSecond = 10
	refusalsAtOnce    = 100
	maxPeers          = 1024
)

// limiter counts what it allows, by peer. It slows down who guesses tokens, and
// keeps them from filling the log.
type limiter struct {
	mu    sync.Mutex // guards peers
	peers map[string]*rate.Limiter
}

// allow counts one event. Ports do not make another peer; too many peers begin
// anew.
func (l *limiter) allow(peer string, now time.Time) bool {
	if host, _, err := net.SplitHostPort(peer); err == nil {
		peer = host
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.peers[peer] == nil {
		if l.peers == nil || len(l.peers) >= maxPeers {
			l.peers = map[string]*rate.Limiter{}
		}
		l.peers[peer] = rate.NewLimiter(refusalsPerSecond, refusalsAtOnce)
	}
	return l.peers[peer].AllowN(now, 1)
}
