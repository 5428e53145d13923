package creds

import (
	"log/slog"
	"math/rand/v2"
	"time"
)

// Mode selects whether callers wait for an advisory refresh.
type Mode int32

const (
	// Async refreshes in the background; callers get the old credentials meanwhile.
	Async Mode = iota
	// Sync makes callers wait for a refresh that is due: nothing happens in the background.
	Sync
)

// CacheOptions configure a Cache. Zero fields have the documented defaults.
type CacheOptions struct {
	Provider Provider // required
	// Advisory is how long before expiry a refresh starts in the background, ±10 % so that a fleet does not ask at
	// once; default 15 min, at most a quarter of the credentials' life.
	Advisory time.Duration
	// Mandatory is how long before expiry callers wait for the refresh; default 5 min, at most a twelfth of the life.
	Mandatory time.Duration
	// Timeout bounds a retrieval, even if the provider ignores its context; default 30 s.
	Timeout time.Duration
	// MaxBackoff bounds the wait between failures, which starts at 1 s, doubles, and is jittered by up to a half;
	// default 1 min.
	MaxBackoff time.Duration
	// StaticStability keeps credentials beyond their expiry while the provider fails, for sources whose outage says
	// nothing about the keys. The provider is then asked every 10 to 15 min. While the credentials are valid, it is
	// asked again when Mandatory begins, and more often from then on.
	StaticStability bool
	// KeepFresh refreshes credentials without being asked, once they have been retrieved: when Advisory begins. So the
	// first caller after a long silence does not wait.
	KeepFresh bool

	Now     func() time.Time // default time.Now
	Random  func() float64   // in [0, 1); default math/rand/v2
	OnPanic func(error)      // called with the panic of a subscriber; default logs it with log/slog
}

func (o CacheOptions) withDefaults() CacheOptions {
	if o.Advisory == 0 {
		o.Advisory = 15 * time.Minute
	}
	if o.Mandatory == 0 {
		o.Mandatory = 5 * time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBackoff == 0 {
		o.MaxBackoff = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.OnPanic == nil {
		o.OnPanic = func(err error) { slog.Error("a subscriber to credentials failed", "error", err) }
	}
	return o
}
