package main

import (
	"context"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/disk"
	"sluice/creds/standard"
	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// serviceSources are the sources of the keys of the sidecar's services: the keys in
// the configuration, or AWS's default chain, once for each config file that a
// service names. It is safe for concurrent use.
type serviceSources struct {
	getenv func(string) string
	disk   disk.FS
	hidden []string // what the chain may not ask since it is the sidecar itself, a sentence each
	now    func() time.Time

	mu     sync.Mutex                   // guards what follows
	chains map[string]*standard.Sources // by config file; "" for the environment's
	sts    map[stsKey]creds.Service     // services with equal keys share a client's connections
}

type stsKey struct{ region, profile, file string }

func newServiceSources(getenv func(string) string, fsys disk.FS) *serviceSources {
	s := &serviceSources{
		getenv: getenv,
		disk:   fsys,
		chains: map[string]*standard.Sources{},
		sts:    map[stsKey]creds.Service{},
	}
	s.now = s.chain("").Clock().Now
	return s
}

// chain returns the chain with a config file. It is called with mu held, or before
// s is shared.
func (s *serviceSources) chain(file string) *standard.Sources {
	if s.chains[file] == nil {
		getenv := func(name string) string {
			if file != "" && name == "AWS_CONFIG_FILE" {
				return file
			}
			return s.getenv(name)
		}
		s.chains[file] = standard.NewSources(standard.Environment{
			Disk:      s.disk,
			Now:       s.now,
			KeepFresh: true,
			Getenv:    getenv,
		})
	}
	return s.chains[file]
}

// chainOptions returns the options of a chain, and its config file.
func chainOptions(from config.Source) (o standard.Options, file string) {
	o.Region = from.Region
	if from.Profile != nil {
		o.Profile, file = from.Profile.Name, from.Profile.ConfigFile
	}
	return o, file
}

// Provider returns the provider of a source's keys.
func (s *serviceSources) Provider(from config.Source) (creds.Provider, error) {
	if k := from.Keys; k != nil {
		return creds.Static{Credentials: creds.Credentials{
			AccessKeyID:     string(k.ID),
			SecretAccessKey: string(k.Secret),
			SessionToken:    string(k.Token),
			Source:          "iam_keys",
		}}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, file := chainOptions(from)
	return explainingHidden{s.chain(file).Provider(o), s.hidden}, nil
}

// STS says how to reach STS with a source's keys.
func (s *serviceSources) STS(from config.Source) (creds.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, file := chainOptions(from)
	key := stsKey{o.Region, o.Profile, file}
	if found, has := s.sts[key]; has {
		return found, nil
	}
	found, err := s.chain(file).STS(o)
	if err == nil {
		s.sts[key] = found
	}
	return found, err
}

func (s *serviceSources) close() {
	for _, chain := range s.chains {
		chain.Close()
	}
}

// sourceDisk is where the chain finds profiles and tokens. Services may name such
// files, so reading them must not hang.
type sourceDisk struct {
	disk.OS
	ctx context.Context // of the server's life
	fs  *slowfs.FS
}

// ReadFile reads a file, and returns in time.
func (d sourceDisk) ReadFile(path string) ([]byte, error) { return d.fs.ReadFile(d.ctx, path) }
