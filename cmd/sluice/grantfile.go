package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"sluice/internal/slowfs"
)

// grantFolder holds a file for each grant, NAME.yaml, in the form of sluice
// serve's dynamic services.
type grantFolder string

// grantFile is one of them.
type grantFile struct {
	Services map[string]grantService `yaml:"services"`
}

type grantService struct {
	TokenHash string      `yaml:"auth_token_sha256"`
	Source    grantSource `yaml:"source_credentials"`
	Role      grantRole   `yaml:"assumed_role"`
	Expires   string      `yaml:"expires,omitempty"`
	Granted   string      `yaml:"x-granted"`
}

type grantSource struct {
	Region  string        `yaml:"region,omitempty"`
	Profile *grantProfile `yaml:"iam_profile,omitempty"`
}

type grantProfile struct {
	Name string `yaml:"profile_name"`
}

type grantRole struct {
	ARN         string `yaml:"RoleArn"`
	SessionName string `yaml:"RoleSessionName"`
	Duration    int    `yaml:"DurationSeconds"` // seconds
	ExternalID  string `yaml:"ExternalId,omitempty"`
}

// newToken draws a token, and hashes it as the sidecar does.
func newToken() (token, hash string) {
	token = rand.Text() + rand.Text() // 256 bits
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}

// writeToken writes a new file that nobody else can read. It ends without a newline: AWS's SDKs send
// the file as it is, or refuse to.
func writeToken(path, token string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(token)
	return errors.Join(err, f.Sync(), f.Close())
}

func (d grantFolder) path(name string) string { return filepath.Join(string(d), name+".yaml") }

// add keeps a grant. It never takes the place of another: its application would
// be locked out.
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
		return "", fmt.Errorf("service %s is granted already (%s): revoke it first, or set another --name", name, path)
	}
	if err := replace(path, text, 0o600); err != nil {
		return "", err
	}
	return path, d.sync()
}

// remove ends a grant.
func (d grantFolder) remove(name string) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("%q is no service's name", name)
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

// sync makes what was done to the folder last.
func (d grantFolder) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// grant is a service with its name.
type grant struct {
	name string
	grantService
}

// list reads all grants, in the order of their names.
func (d grantFolder) list(ctx context.Context) (all []grant, err error) {
	disk := &slowfs.FS{Timeout: startPatience}
	entries, err := disk.ReadDir(ctx, string(d))
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
		text, err := disk.ReadFile(ctx, d.path(name))
		if err != nil {
			return nil, err
		}
		var f grantFile
		if err := yaml.Unmarshal(text, &f); err != nil {
			return nil, fmt.Errorf("%s is no grant: %w", d.path(name), err)
		}
		all = append(all, grant{name, f.Services[name]})
	}
	return all, nil
}
