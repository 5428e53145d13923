package standard

import (
	"log/slog"
	"net/http"
	"os"
	"time"

	"sluice/creds"
	"sluice/creds/disk"
)

// Environment is where credentials are looked for. Zero fields mean this machine.
type Environment struct {
	Getenv    func(string) string // required
	Disk      disk.FS
	Home      func() (string, error) // the user's home folder where HOME is not set
	Hostname  func() (string, error) // for the names of sessions
	Transport http.RoundTripper      // replaces the network
	Now       func() time.Time
	// OnUpdate, if non-nil, is called once for each change of cached credentials. It is called on another goroutine, in
	// order, and not after Close. It must not block.
	OnUpdate func(creds.Update)
	// OnPanic is called with a panic of OnUpdate; default logs it with log/slog.
	OnPanic func(error)
	// KeepFresh refreshes credentials without being asked, once they have been retrieved: for a process that keeps
	// running.
	KeepFresh bool
}

// Options configure the chain.
type Options struct {
	Region     string // default: the environment's, then the profile's
	Profile    string // replaces the whole chain; "" uses the chain
	RoleARN    string // assumed with the credentials that are found; "" for none
	ExternalID string
	// RoleSessionName is the name of the role's session; default: the environment's, then the host's.
	RoleSessionName string
	RoleDuration    time.Duration // of a session; default: 1 h, which is STS's own
	RoleTags        string        // of the session, as a query: name=value&name2=value2
	STSEndpoint     string        // URL; default: the environment's, then AWS's own
	CAFile          string        // PEM file that verifies STS; default: the environment's

	IMDSEndpoint     string // URL; default: the environment's, then the profile's, then by mode
	IMDSEndpointMode string // IPv4 or IPv6; default: the environment's, then the profile's, then IPv4
}

func (env Environment) withDefaults() Environment {
	if env.Disk == nil {
		env.Disk = disk.OS{}
	}
	if env.Home == nil {
		env.Home = userHome
	}
	if env.Hostname == nil {
		env.Hostname = os.Hostname
	}
	if env.OnUpdate == nil {
		env.OnUpdate = func(creds.Update) {}
	}
	if env.OnPanic == nil {
		env.OnPanic = func(err error) { slog.Error("a listener for changes of credentials failed", "error", err) }
	}
	return env
}
