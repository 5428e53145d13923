package main

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/creds"
	"sluice/creds/disk"
	"sluice/creds/standard"
	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// serveSources are AWS's chain of sources for each shared config file that a
// service names, and the ways to STS. It is safe for concurrent use.
type serveSources struct {
	getenv func(string) string
	disk   disk.FS
	hidden []string // from the chain, since it leads to the sidecar itself
	now    func() time.Time

	mu     sync.Mutex                   // guards what follows
	chains map[string]*standard.Sources // by config file; "" is the environment's
	sts    map[stsKey]creds.Service     // whose clients share connections
}

type stsKey struct{ region, profile, file string }

func newServeSources(getenv func(string) string, disk disk.FS) *serveSources {
	s := &serveSources{getenv: getenv, disk: disk, chains: map[string]*standard.Sources{}, sts: map[stsKey]creds.Service{}}
	s.now = s.chain("").Clock().Now
	return s
}

// chain returns the sources with a config file. It is called with mu held, or
// before others know of s.
func (s *serveSources) chain(file string) *standard.Sources {
	if s.chains[file] == nil {
		s.chains[file] = standard.NewSources(standard.Environment{Disk: s.disk, Now: s.now, KeepFresh: true, Getenv: func(name string) string {
			if file != "" && name == "AWS_CONFIG_FILE" {
				return file
			}
			return s.getenv(name)
		}})
	}
	return s.chains[file]
}

func optionsOf(from config.Source) (o standard.Options, file string) {
	o.Region = from.Region
	if from.Profile != nil {
		o.Profile, file = from.Profile.Name, from.Profile.ConfigFile
	}
	return o, file
}

// Provider returns the provider of a source's keys.
func (s *serveSources) Provider(from config.Source) (creds.Provider, error) {
	if k := from.Keys; k != nil {
		return creds.Static{Credentials: creds.Credentials{
			AccessKeyID: string(k.ID), SecretAccessKey: string(k.Secret), SessionToken: string(k.Token), Source: "iam_keys",
		}}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, file := optionsOf(from)
	return sayingWhy{s.chain(file).Provider(o), s.hidden}, nil
}

// STS says how to reach STS.
func (s *serveSources) STS(from config.Source) (creds.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, file := optionsOf(from)
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

func (s *serveSources) close() {
	for _, chain := range s.chains {
		chain.Close()
	}
}

// newServeWorld is what configurations are read in. An empty variable counts as
// not set.
func newServeWorld(ctx context.Context, w world, disk *slowfs.FS) config.Environment {
	getenv := fileVariables(ctx, w.getenv, disk)
	return config.Environment{
		LookupEnv: func(name string) (string, bool) { value := getenv(name); return value, value != "" },
		ReadFile:  disk.ReadFile, ReadDir: disk.ReadDir, Stat: disk.Stat,
	}
}

// fileVariables lets NAME__FILE name a file that holds the variable NAME, as
// CredProxy's image does for Docker's secrets. The secret comes into no
// environment.
func fileVariables(ctx context.Context, getenv func(string) string, disk *slowfs.FS) func(string) string {
	return func(name string) string {
		if path := getenv(name + "__FILE"); path != "" {
			if content, err := disk.ReadFile(ctx, path); err == nil {
				return strings.TrimRight(string(content), "\r\n")
			}
		}
		return getenv(name)
	}
}

// sourceDisk is where the chain of sources finds profiles and tokens. Services name such files, too.
type sourceDisk struct {
	disk.OS
	ctx  context.Context // of the server's life
	disk *slowfs.FS
}

// ReadFile reads a file without hanging.
func (d sourceDisk) ReadFile(path string) ([]byte, error) { return d.disk.ReadFile(d.ctx, path) }

// grantsDir is where grants are kept, "" if there is no place for them.
func grantsDir(getenv func(string) string, named string) string {
	home := getenv("XDG_CONFIG_HOME")
	if user := getenv("HOME"); home == "" && user != "" {
		home = filepath.Join(user, ".config")
	}
	switch dir := getenv("SLUICE_GRANTS_DIR"); {
	case named != "":
		return named
	case dir != "":
		return dir
	case home != "":
		return filepath.Join(home, "sluice", "grants")
	}
	return ""
}

// grantsHelp describes it.
const grantsHelp = "$SLUICE_GRANTS_DIR, or sluice/grants in the user's configuration"
