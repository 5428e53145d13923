package profile

import (
	"path/filepath"
	"strings"
)

// Location tells where the files are. A path is "" if nothing tells.
type Location struct{ Config, Credentials string }

// Locate finds the files' paths in the environment: AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE, by default in .aws of HOME. Of an override, a
// leading "~/" is HOME; without HOME it stays, so that the caller's error shows
// it. Variables of white space only count as absent.
func Locate(getenv func(string) string) Location {
	home := strings.TrimSpace(getenv("HOME"))
	return Location{
		Config:      locate(strings.TrimSpace(getenv("AWS_CONFIG_FILE")), home, "config"),
		Credentials: locate(strings.TrimSpace(getenv("AWS_SHARED_CREDENTIALS_FILE")), home, "credentials"),
	}
}

func locate(override, home, file string) string {
	inHome, tilde := strings.CutPrefix(override, "~/")
	switch {
	case override == "" && home == "":
		return ""
	case override == "":
		return filepath.Join(home, ".aws", file)
	case tilde && home != "":
		return filepath.Join(home, inHome)
	}
	return override
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
