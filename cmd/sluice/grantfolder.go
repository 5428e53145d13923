package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"sluice/internal/slowfs"
)

// grantFolder has a file NAME.yaml for each grant, in the form of sluice serve's
// dynamic services.
type grantFolder string

// grantsHelp describes the default folder.
const grantsHelp = "$SLUICE_GRANTS_DIR, or sluice/grants in the user's configuration folder"

// grantsDir returns the folder of grants, "" if there is no place for them. named
// is what the flag says.
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

func (d grantFolder) path(name string) string { return filepath.Join(string(d), name+".yaml") }

// add keeps a grant. It never replaces another, whose application would be locked
// out.
func (d grantFolder) add(name string, g grantFile) (path string, err error) {
	text, err := yaml.Marshal(g)
	if err != nil {
		return "", err
	}
	if d == "" {
		return "", errors.New("there is no folder for grants: set --grants, SLUICE_GRANTS_DIR or HOME")
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return "", err
	}
	path = d.path(name)
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("service %s is already granted (%s): revoke it first, or set another --name", name, path)
	}
	if err := replaceFile(path, text, 0o600); err != nil {
		return "", err
	}
	return path, d.sync()
}

// remove ends a grant.
func (d grantFolder) remove(name string) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("%q is not a valid service name: see sluice grant list", name)
	}
	err := os.Remove(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no grant %s in %s: see sluice grant list", name, string(d))
	}
	if err != nil {
		return err
	}
	return d.sync()
}

// sync makes changes of the folder durable.
func (d grantFolder) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// grant is a grant with its service's name.
type grant struct {
	name string
	grantService
}

// list reads all grants in the order of their names.
func (d grantFolder) list(ctx context.Context) (all []grant, err error) {
	fsys := &slowfs.FS{Timeout: startTimeout}
	entries, err := fsys.ReadDir(ctx, string(d))
	if d == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), ".yaml")
		if !is || strings.HasPrefix(name, ".") {
			continue
		}
		text, err := fsys.ReadFile(ctx, d.path(name))
		if err != nil {
			return nil, err
		}
		var f grantFile
		if err := yaml.Unmarshal(text, &f); err != nil {
			return nil, fmt.Errorf("%s is not a grant: %w", d.path(name), err)
		}
		all = append(all, grant{name, f.Services[name]})
	}
	return all, nil
}
