package profile

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Location is where the files are.
type Location struct{ Config, Credentials string }

// Locate returns the paths of the files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, by default in .aws of the
// home folder. A leading "~/" of a variable is the home folder. home is called only if a path needs it; if it fails, so
// does Locate. Blank variables count as absent.
func Locate(getenv func(string) string, home func() (string, error)) (at Location, err error) {
	at.Config, err = locate(getenv, "AWS_CONFIG_FILE", home, "config")
	if err != nil {
		return Location{}, err
	}
	at.Credentials, err = locate(getenv, "AWS_SHARED_CREDENTIALS_FILE", home, "credentials")
	return at, err
}

func locate(
	getenv func(string) string, variable string, home func() (string, error), file string,
) (string, error) {
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

// Selected returns the name of the profile that AWS_PROFILE or AWS_DEFAULT_PROFILE selects, and whether one of them
// does. Otherwise it is "default", which need not exist. Blank variables count as absent.
func Selected(getenv func(string) string) (name string, explicit bool) {
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := strings.TrimSpace(getenv(variable)); name != "" {
			return name, true
		}
	}
	return "default", false
}
