package standard

import (
	"errors"
	"fmt"
	"os/user"
	"path/filepath"
	"strings"

	"sluice/creds/profile"
)

// userHome returns the home folder that the system records for the process's user.
func userHome() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", err
	}
	return u.HomeDir, nil
}

// home returns the user's home folder. systemd starts services without HOME, but the files are there nevertheless. A
// relative folder is refused: it would depend on the working directory.
func (s *Sources) home() (string, error) {
	home := strings.TrimSpace(s.env.Getenv("HOME"))
	var err error
	if home == "" {
		if home, err = s.env.Home(); err == nil && home == "" {
			err = errors.New("the system records none for this user")
		}
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("the home folder is not known: %w", err)
	case !filepath.IsAbs(home):
		return "", fmt.Errorf("the home folder %q is not an absolute path", home)
	}
	return home, nil
}

// location returns the paths of the shared files.
func (s *Sources) location() (profile.Location, error) { return profile.Locate(s.env.Getenv, s.home) }

// cacheDir returns the folder of one of the AWS CLI's caches.
func (s *Sources) cacheDir(name string) (string, error) {
	home, err := s.home()
	if err != nil {
		return "", fmt.Errorf("cache of %s tokens: %w; set HOME", name, err)
	}
	return filepath.Join(home, ".aws", name, "cache"), nil
}

// loginDir returns the cache of "aws login", which the environment may name.
func (s *Sources) loginDir() (string, error) {
	const variable = "AWS_LOGIN_CACHE_DIRECTORY"
	dir := strings.TrimSpace(s.env.Getenv(variable))
	switch {
	case dir == "":
		return s.cacheDir("login")
	case !filepath.IsAbs(dir):
		return "", fmt.Errorf("%s %q is not an absolute path: write one", variable, dir)
	}
	return dir, nil
}
