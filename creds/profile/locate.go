package profile

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Location tells where the files are.
type Location struct{ Config, Credentials string }

// Locate finds the files' paths in the environment: AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE, by default in .aws of the home folder. Of an
// override, a leading "~/" is the home. home is asked only where a path needs it;
// its error says that nobody knows where to look. Variables of white space only
// count as absent.
func Locate(getenv func(string) string, home func() (string, error)) (at Location, err error) {
	at.Config, err = locate(getenv, "AWS_CONFIG_FILE", home, "config")
	if err != nil {
		return Location{}, err
	}
	at.Credentials, err = locate(getenv, "AWS_SHARED_CREDENTIALS_FILE", home, "credentials")
	return at, err
}

func locate(getenv func(string) string, variable string, home func() (string, error), file string) (string, error) {
	path := strings.TrimSpace(getenv(variable))
	inHome, tilde := strings.CutPrefix(path, "~/")
	switch {
	case path == "":
		inHome = filepath.Join(".aws", file)
	case !tilde:
		return path, nil
	}
	folder, err := home()
	if err != nil {
		return "", fmt.Errorf("%s file: %w; set HOME, or %s", file, err, variable)
	}
	return filepath.Join(folder, inHome), nil
}

// Selected returns the name of the profile to use, by AWS_PROFILE or
// AWS_DEFAULT_PROFILE, and whether one of them chose it: without, it is
// "default", which need not exist. Variables of white space only count as
// absent.
func Selected(getenv func(string) string) (name string, explicit bool) {
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := strings.TrimSpace(getenv(variable)); name != "" {
			return name, true
		}
	}
	return "default", false
}
