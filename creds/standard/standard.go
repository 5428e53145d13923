// Package standard puts the providers of package creds in the order that AWS
// documents. It is the only place that knows the order.
//
//	sources := standard.NewSources(standard.Environment{Getenv: os.Getenv})
//	provider := sources.Provider(standard.Options{Region: "eu-central-1"})
package standard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/creds"
	"sluice/imds"
)

// Environment is the world that credentials are found in.
type Environment struct {
	Getenv func(string) string
	Now    func() time.Time       // default time.Now
	Exists func(path string) bool // default: asks the disk
}

// Sources are the metadata services of one process: whoever asks the same
// endpoint shares one cache, so that fifty outputs make one request. It is safe
// for concurrent use.
type Sources struct {
	env Environment

	mu  sync.Mutex              // guards ec2
	ec2 map[string]*creds.Cache // by endpoint
}

// NewSources makes the sources of a process.
func NewSources(env Environment) *Sources {
	if env.Exists == nil {
		env.Exists = func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		}
	}
	return &Sources{env: env, ec2: map[string]*creds.Cache{}}
}

// Options say what is put on top of the chain.
type Options struct {
	Region      string
	RoleARN     string // assumed with what the chain finds; "" for none
	ExternalID  string
	STSEndpoint string // URL; default: AWS's own for the region
}

// Provider returns the chain: environment, then instance metadata, and the role
// on top if there is one. Sources that AWS knows and this version does not are
// refused when the environment configures them: their place must not silently
// be taken by the next, say the node's role.
func (s *Sources) Provider(o Options) creds.Provider {
	var p creds.Provider = creds.NewChain(
		creds.Env{Getenv: s.env.Getenv},
		unsupported{s.env},
		s.instance(),
	)
	if o.RoleARN == "" {
		return p
	}
	return creds.NewCache(creds.CacheOptions{Now: s.env.Now, Provider: creds.AssumeRole{
		Base: p, RoleARN: o.RoleARN, ExternalID: o.ExternalID, Region: o.Region, Endpoint: o.STSEndpoint,
	}})
}

// unsupported stands where the providers to come will stand.
type unsupported struct{ env Environment }

func (u unsupported) Retrieve(context.Context) (creds.Credentials, error) {
	const remedy = "this version of sluice cannot use it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or remove it to use the EC2 instance role"
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if u.env.Getenv(name) != "" {
			return creds.Credentials{}, fmt.Errorf("%s is set, but %s", name, remedy)
		}
	}
	if home := u.env.Getenv("HOME"); home != "" {
		if file := filepath.Join(home, ".aws", "credentials"); u.env.Exists(file) {
			return creds.Credentials{}, fmt.Errorf("%s is there, but %s", file, remedy)
		}
	}
	return creds.Credentials{}, fmt.Errorf("profile, web identity and container: %w", creds.ErrNotConfigured)
}

// instance returns the process's cache of the EC2 provider.
func (s *Sources) instance() creds.Provider {
	if strings.EqualFold(s.env.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return disabled{}
	}
	endpoint := Endpoint(s.env.Getenv)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ec2[endpoint] == nil {
		s.ec2[endpoint] = creds.NewCache(creds.CacheOptions{
			Stable: true, Now: s.env.Now,
			Provider: &creds.EC2{Now: s.env.Now, Client: imds.New(imds.Options{
				Endpoint:  endpoint,
				DisableV1: strings.EqualFold(s.env.Getenv("AWS_EC2_METADATA_V1_DISABLED"), "true"),
				Now:       s.env.Now,
			})},
		})
	}
	return s.ec2[endpoint]
}

// disabled stands for instance metadata that nobody wants.
type disabled struct{}

func (disabled) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, fmt.Errorf("AWS_EC2_METADATA_DISABLED is true: %w", creds.ErrNotConfigured)
}

// Endpoint returns where the environment says that instance metadata is.
func Endpoint(getenv func(string) string) string {
	if e := getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"); e != "" {
		return e
	}
	if strings.EqualFold(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "IPv6") {
		return imds.IPv6
	}
	return imds.IPv4
}
