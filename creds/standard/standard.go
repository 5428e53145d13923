// Package standard puts the providers of package creds in the order that AWS
// documents. It is the only place that knows the order.
//
//	sources := standard.NewSources(standard.Environment{Getenv: os.Getenv})
//	provider := sources.Provider(standard.Options{Region: "eu-central-1"})
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
package standard

import (
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/internal/calls"
)

// Environment is the world that credentials are found in. Zero fields are this
// machine's.
type Environment struct {
	Getenv    func(string) string // required
	Disk      creds.Disk
	Home      func() (string, error) // of the user, where HOME is not set
	Transport http.RoundTripper      // instead of the network
	Now       func() time.Time
	// Changed is told what has become of credentials that are kept, once per
	// change and source. It is called from another goroutine, in order and not after
	// Close, and must not block.
	Changed func(creds.Update)
	Report  func(error) // is told of a Changed that panics; default log/slog's logger
	// KeepFresh has credentials that were found once refreshed without being asked for: for
	// a process that stays.
	KeepFresh bool
}

// Options say what is asked of the chain.
type Options struct {
	Region      string // default: the environment's, then the profile's
	Profile     string // takes the place of the whole chain; "" for the chain
	RoleARN     string // assumed with what is found; "" for none
	ExternalID  string
	STSEndpoint string // URL; default: the environment's, then AWS's own
	CAFile      string // PEM, to check STS; default: the environment's

	IMDSEndpoint     string // URL; default: the environment's, then the profile's, then by mode
	IMDSEndpointMode string // IPv4 or IPv6; default: the environment's, then the profile's, then IPv4
}

// Sources are the sources of credentials of one process: whoever asks the same
// metadata service, profile or role shares one cache, so that fifty outputs
// make one request. It is safe for concurrent use.
type Sources struct {
	env   Environment
	clock *creds.Clock

	updates calls.Queue

	mu     sync.Mutex           // guards what follows
	caches map[any]*creds.Cache // by what they ask
	files  map[namedKey]*profileFiles
}

// NewSources makes the sources of a process. Nothing is asked before somebody
// retrieves.
func NewSources(env Environment) *Sources {
	if env.Disk == nil {
		env.Disk = creds.OS{}
	}
	if env.Home == nil {
		env.Home = userHome
	}
	if env.Changed == nil {
		env.Changed = func(creds.Update) {}
	}
	if env.Report == nil {
		env.Report = func(err error) { slog.Error("a listener for changes of credentials failed", "error", err) }
	}
	s := &Sources{
		env: env, clock: creds.NewClock(env.Now, nil),
		caches: map[any]*creds.Cache{}, files: map[namedKey]*profileFiles{},
	}
	s.updates.Report = env.Report
	return s
}

// Clock returns the clock that credentials expire by. Clients of AWS's services
// have it watch their answers.
func (s *Sources) Clock() *creds.Clock { return s.clock }

// Close stops all retrievals and waits for them. Changed is not called any more; a
// call that has begun may go on.
func (s *Sources) Close() {
	s.updates.Close()
	s.mu.Lock()
	caches, files := slices.Collect(maps.Values(s.caches)), slices.Collect(maps.Values(s.files))
	s.mu.Unlock()
	for _, c := range caches {
		c.Close()
	}
	for _, f := range files {
		f.close()
	}
}

// Provider returns the chain of sources in their order, and the role on top if
// there is one. A source that is configured and fails ends the chain: its place
// must not silently be taken by the next, say the node's role.
func (s *Sources) Provider(o Options) creds.Provider {
	settings := s.settings(o)
	var providers []creds.Provider
	for _, each := range s.order(settings) {
		providers = append(providers, each.provider)
	}
	return s.onTop(settings, creds.NewChain(providers...))
}

// STS says how to reach STS, as o, the environment or the profile have it.
func (s *Sources) STS(o Options) (creds.Service, error) { return s.settings(o).sts() }

// Endpoint returns the URL that the environment or the profile names for a
// service of AWS ("s3", "sts"), "" for AWS's own, and the name of the setting.
func (s *Sources) Endpoint(o Options, service string) (url, where string) {
	return s.settings(o).endpoint(service)
}

// EndpointOptions say which of AWS's own endpoints the environment or the profile
// wants: validated by FIPS 140, with IPv6. An endpoint that is configured wins.
func (s *Sources) EndpointOptions(o Options) (fips, dualStack bool) {
	return s.settings(o).endpointOptions()
}

// CAFile returns the file of authorities that o, the environment or the profile
// name, "" for the system's.
func (s *Sources) CAFile(o Options) string { return s.settings(o).caFile() }

// onTop puts the role on the chain.
func (s *Sources) onTop(settings settings, chain creds.Provider) creds.Provider {
	o := settings.options
	if o.RoleARN == "" {
		return chain
	}
	sts, err := settings.sts()
	if err != nil {
		return broken{err}
	}
	return s.shared(topKey{o, settings.profile, settings.sessionName(), settings.reach(sts)}, creds.CacheOptions{Provider: creds.AssumeRole{
		STS: sts, Base: chain, RoleARN: o.RoleARN, ExternalID: o.ExternalID, SessionName: settings.sessionName(),
	}})
}

// shared returns the process's cache for a key; o makes one if there is none.
func (s *Sources) shared(key any, o creds.CacheOptions) *creds.Cache {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.caches[key] == nil {
		s.caches[key] = s.cache(o)
		s.follow(s.caches[key])
	}
	return s.caches[key]
}

// cache makes a cache that goes by the corrected clock.
func (s *Sources) cache(o creds.CacheOptions) *creds.Cache {
	o.Now, o.Report, o.KeepFresh = s.clock.Now, s.env.Report, s.env.KeepFresh
	return creds.NewCache(o)
}

// follow has Changed told of what becomes of a cache.
func (s *Sources) follow(c *creds.Cache) { c.Subscribe(s.tell) }

// tell tells of a change.
func (s *Sources) tell(u creds.Update) { s.updates.Add(func() { s.env.Changed(u) }) }
