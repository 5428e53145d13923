package credentials

import (
	"context"
	"errors"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
	"sluice/test/testenv"
)

// limit bounds a search for credentials, whatever the network does.
const limit = 3 * time.Second

// instance is a machine: the metadata service that it can reach, its environment, and the expected result.
type instance struct {
	name    string
	service *metadata
	at      string // the service's address; default: EC2's; "-" for no service
	deaf    bool   // packets to the service vanish
	env     map[string]string

	found         string         // key
	account       string         // of the key
	err           string         // part of the error
	notConfigured bool           // the error is ErrNotConfigured
	asked         map[string]int // requests; nil if their number does not matter
}

const (
	ipv4 = "169.254.169.254:80"
	ipv6 = "[fd00:ec2::254]:80"
	key  = "ASIAIOSFODNN7EXAMPLE"
)

// newSources returns sources that see nothing of this machine but its network.
func newSources(t *testing.T, env map[string]string, now func() time.Time) *standard.Sources {
	sources := standard.NewSources(standard.Environment{Now: now, Getenv: func(name string) string {
		if name == "HOME" {
			return "/nonexistent"
		}
		return env[name]
	}})
	t.Cleanup(sources.Close)
	return sources
}

// listen listens on an address until the test ends. Multipath TCP, which is Go's default, accepts no filter.
func listen(t *testing.T, address string) *net.TCPListener {
	t.Helper()
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the server may have done so
	return l.(*net.TCPListener)
}

// retrieve asks a provider, which must answer in time.
func retrieve(t *testing.T, p creds.Provider) (creds.Credentials, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	found, err := p.Retrieve(ctx)
	if ctx.Err() != nil {
		t.Errorf("there is no answer within %v: %v", limit, err)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error shows a body: %v", err)
	}
	return found, err
}

func (i instance) run(t *testing.T) {
	if i.service == nil {
		i.service = &metadata{}
	}
	if i.service.role == nil {
		i.service.role = func() document { return newDocument(roleKeys(), time.Now().Add(time.Hour)) }
	}
	if i.at == "" {
		i.at = ipv4
	}
	if i.at != "-" {
		l := listen(t, i.at)
		if i.deaf {
			if err := testenv.DropPackets(l); err != nil {
				t.Fatal(err)
			}
		}
		i.service.serve(t, l)
	}
	found, err := retrieve(t, newSources(t, i.env, nil).Provider(standard.Options{}))
	i.check(t, found, err)
}

func (i instance) check(t *testing.T, found creds.Credentials, err error) {
	if i.found == "" {
		if err == nil || !strings.Contains(err.Error(), i.err) {
			t.Errorf("got %v, %v, want an error with %q", found, err, i.err)
		}
		if got := errors.Is(err, creds.ErrNotConfigured); got != i.notConfigured {
			t.Errorf("the error is ErrNotConfigured: %t, want %t: %v", got, i.notConfigured, err)
		}
	} else if err != nil || found.AccessKeyID != i.found || found.SecretAccessKey != roleKeys().SecretAccessKey ||
		found.SessionToken != roleKeys().SessionToken || found.AccountID != i.account {
		t.Errorf("got %v of account %q, %v, want %s of account %q", found, found.AccountID, err, i.found, i.account)
	}
	if asked := i.service.requests(); i.asked != nil && !maps.Equal(asked, i.asked) {
		t.Errorf("asked %v, want %v", asked, i.asked)
	}
}

func roleKeys() testenv.Keys {
	return testenv.Keys{AccessKeyID: key, SecretAccessKey: secret, SessionToken: secret}
}

func runAll(t *testing.T, instances []instance) {
	t.Helper()
	needNamespace(t)
	for _, i := range instances {
		t.Run(i.name, i.run)
	}
}

// once returns one request for each of the paths.
func once(paths ...string) map[string]int {
	asked := map[string]int{}
	for _, path := range paths {
		asked[path] = 1
	}
	return asked
}
