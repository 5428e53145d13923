package config

import (
	"context"
	"io/fs"
)

// Environment is what a configuration is read in: variables and files.
type Environment struct {
	// LookupEnv finds a variable.
	LookupEnv func(name string) (value string, set bool)
	// ReadFile and ReadDir return in time, whatever is there. When a file system
	// hangs, their error is slowfs.ErrNoAnswer.
	ReadFile func(ctx context.Context, path string) ([]byte, error)
	ReadDir  func(ctx context.Context, path string) ([]fs.DirEntry, error)
	// Stat describes a file; nil if permissions do not matter.
	Stat func(ctx context.Context, path string) (fs.FileInfo, error)
}

// prefix returns what the names of our variables begin with: the value of
// CREDPROXY_NAMESPACE, or else CREDPROXY_.
func (e Environment) prefix() string {
	if name, set := e.LookupEnv("CREDPROXY_NAMESPACE"); set {
		return name
	}
	return "CREDPROXY_"
}

// Setting returns one of our variables by its name without the prefix, "" if it
// is not set.
func (e Environment) Setting(name string) string {
	value, _ := e.LookupEnv(e.prefix() + name)
	return value
}
