package sidecar

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of the denials that one peer gets, and of the peers that are counted.
const (
	denialsPerSecond = 10
	denialBurst      = 100
	maxPeers         = 1024
)

// limiter limits denials by peer. It slows down those who guess tokens and keeps
// them from filling the log.
type limiter struct {
	mu    sync.Mutex // guards peers
	peers map[string]*rate.Limiter
}

// allow counts a denial, and reports whether it is within the limit. All ports of
// an address are one peer. With too many peers, counting starts over.
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
		l.peers[peer] = rate.NewLimiter(denialsPerSecond, denialBurst)
	}
	return l.peers[peer].AllowN(now, 1)
}
