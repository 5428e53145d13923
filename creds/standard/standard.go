// Package standard asks AWS's sources of credentials in the order that AWS documents. It is the only place that knows
// the order.
//
//	sources := standard.NewSources(standard.Environment{Getenv: os.Getenv})
//	provider := sources.Provider(standard.Options{Region: "eu-central-1"})
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
package standard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"sluice/creds"
	"sluice/creds/internal/calls"
	"sluice/creds/sts"
)

// Sources are the sources of credentials of one process. All that ask the same metadata service, profile or role share
// one cache, so that fifty outputs make one request. It is safe for concurrent use.
type Sources struct {
	env   Environment
	clock *creds.Clock

	updates calls.Queue

	ctx    context.Context // of questions about the region
	cancel context.CancelFunc
	asking sync.WaitGroup

	mu       sync.Mutex           // guards what follows
	caches   map[any]*creds.Cache // by what they ask
	profiles map[profileKey]*profileProvider
	locators map[ec2Key]*locator
}

// NewSources returns the sources of a process. They ask nothing until the first Retrieve.
func NewSources(env Environment) *Sources {
	env = env.withDefaults()
	s := &Sources{
		env:      env,
		clock:    creds.NewClock(env.Now, nil),
		caches:   map[any]*creds.Cache{},
		profiles: map[profileKey]*profileProvider{},
		locators: map[ec2Key]*locator{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.updates.OnPanic = env.OnPanic
	return s
}

// Clock returns the clock by which credentials expire. Clients of AWS's services should use its Client, so that it
// learns from their answers.
func (s *Sources) Clock() *creds.Clock { return s.clock }

// Close cancels all retrievals and waits for them. OnUpdate is not called any more; a call that has begun may continue.
func (s *Sources) Close() {
	s.updates.Close()
	s.cancel()
	s.asking.Wait()
	s.mu.Lock()
	caches, profiles := slices.Collect(maps.Values(s.caches)), slices.Collect(maps.Values(s.profiles))
	s.mu.Unlock()
	for _, c := range caches {
		c.Close()
	}
	for _, p := range profiles {
		p.close()
	}
}

// Provider returns the chain of sources, and the role that is assumed with its credentials if there is one. A source
// that is configured and fails ends the chain: the next one, perhaps the node's role, must not silently replace it.
func (s *Sources) Provider(o Options) creds.Provider {
	settings := s.settings(o)
	var providers []creds.Provider
	for _, each := range s.order(settings) {
		providers = append(providers, each.provider)
	}
	return s.withRole(settings, creds.NewChain(providers...))
}

// STS returns how to reach STS, as o, the environment or the profile configures it.
func (s *Sources) STS(o Options) (creds.Service, error) { return s.settings(o).sts() }

// Identity is whom STS takes the owner of a key for.
type Identity = sts.Identity

// Identity asks STS, reached as o says, whom credentials belong to. If the error is one that creds.Denied reports, the
// key may be good: the policy of a VPC endpoint denied the question.
func (s *Sources) Identity(ctx context.Context, o Options, c creds.Credentials) (Identity, error) {
	service, err := s.STS(o)
	if err != nil {
		return Identity{}, err
	}
	return sts.CallerIdentity(ctx, service, c)
}

// Region returns the region that the environment or the profile of o names, "" for none.
func (s *Sources) Region(o Options) string { return s.settings(o).configuredRegion() }

// Endpoint returns the URL that the environment or the profile configures for an AWS service ("s3", "sts"), "" for
// AWS's own, and the name of the setting.
func (s *Sources) Endpoint(o Options, service string) (url, where string) {
	return s.settings(o).endpoint(service)
}

// EndpointOptions return which of AWS's own endpoints the environment or the profile selects: FIPS 140 validated, or
// with IPv6. A configured endpoint wins over them.
func (s *Sources) EndpointOptions(o Options) (fips, dualStack bool) {
	return s.settings(o).endpointOptions()
}

// CAFile returns the file of authorities that o, the environment or the profile names, "" for the system's.
func (s *Sources) CAFile(o Options) string { return s.settings(o).caFile() }

// withRole returns the options' role, assumed with base, or base if they name none.
func (s *Sources) withRole(t settings, base creds.Provider) creds.Provider {
	o := t.options
	if o.RoleARN == "" {
		return base
	}
	service, err := t.sts()
	if err != nil {
		return errProvider{err}
	}
	tags, err := url.ParseQuery(o.RoleTags)
	if err != nil {
		return errProvider{fmt.Errorf("role tags: %w", err)}
	}
	key := chainRoleKey{
		options: o,
		profile: t.profile,
		session: cmp.Or(o.RoleSessionName, t.sessionName()),
		sts:     t.serviceKey(service),
	}
	return s.sharedCache(key, creds.CacheOptions{Provider: sts.AssumeRole{
		STS:         service,
		Base:        base,
		RoleARN:     o.RoleARN,
		ExternalID:  o.ExternalID,
		SessionName: key.session,
		Duration:    o.RoleDuration,
		Tags:        single(tags),
	}})
}

// single returns the first value of each name.
func single(values url.Values) map[string]string {
	all := map[string]string{}
	for name := range values {
		all[name] = values.Get(name)
	}
	return all
}

// sharedCache returns the process's cache for a key, and makes it of o if there is none.
func (s *Sources) sharedCache(key any, o creds.CacheOptions) *creds.Cache {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.caches[key] == nil {
		s.caches[key] = s.newCache(o)
		s.subscribe(s.caches[key])
	}
	return s.caches[key]
}

// newCache returns a cache that uses the corrected clock.
func (s *Sources) newCache(o creds.CacheOptions) *creds.Cache {
	o.Now, o.OnPanic, o.KeepFresh = s.clock.Now, s.env.OnPanic, s.env.KeepFresh
	return creds.NewCache(o)
}

// subscribe makes OnUpdate hear of a cache's changes.
func (s *Sources) subscribe(c *creds.Cache) { c.Subscribe(s.notify) }

func (s *Sources) notify(u creds.Update) { s.updates.Add(func() { s.env.OnUpdate(u) }) }
