package profile_test

import (
	"errors"
	"strings"
	"testing"

	"sluice/creds/internal/vectors"
	"sluice/creds/profile"
)

func getenv(environment map[string]string) func(string) string {
	return func(name string) string { return environment[name] }
}

func TestLocateVectors(t *testing.T) {
	var file struct {
		Tests []struct {
			Name, Platform, Profile             string
			Environment                         map[string]string
			ConfigLocation, CredentialsLocation string
		}
	}
	vectors.Decode(t, "smithy-rs/aws-runtime/test-data/file-location-tests.json", &file)
	run := 0
	for _, c := range file.Tests {
		t.Run(c.Name, func(t *testing.T) {
			if c.Platform == "windows" {
				t.Skip("its paths are those of Windows")
			}
			run++
			got, err := profile.Locate(getenv(c.Environment), home(c.Environment))
			if want := (profile.Location{Config: c.ConfigLocation, Credentials: c.CredentialsLocation}); err != nil ||
				got != want {
				t.Errorf("Locate(%v) = %v, %v, want %v", c.Environment, got, err, want)
			}
			if name, _ := profile.Selected(getenv(c.Environment)); c.Profile != "" && name != c.Profile {
				t.Errorf("Selected(%v) = %q, want %q", c.Environment, name, c.Profile)
			}
		})
	}
	vectors.Count(t, len(file.Tests), 9)
	vectors.Count(t, run, 4)
}

// home returns HOME and nothing else.
func home(environment map[string]string) func() (string, error) {
	return func() (string, error) {
		if h := environment["HOME"]; h != "" {
			return h, nil
		}
		return "", errors.New("nobody knows the home")
	}
}

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want profile.Location
		err  string
	}{
		{name: "nothing tells", err: "config file: nobody knows the home; set HOME, or AWS_CONFIG_FILE"},
		{
			name: "a blank override leaves the default",
			env:  map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": " "},
			want: profile.Location{Config: "/h/.aws/config", Credentials: "/h/.aws/credentials"},
		},
		{
			name: "an override needs no home, the other file does",
			env:  map[string]string{"AWS_CONFIG_FILE": "/c"},
			err:  "credentials file: nobody knows the home; set HOME, or AWS_SHARED_CREDENTIALS_FILE",
		},
		{
			name: "overrides need no home",
			env:  map[string]string{"AWS_CONFIG_FILE": "/c", "AWS_SHARED_CREDENTIALS_FILE": "k"},
			want: profile.Location{Config: "/c", Credentials: "k"},
		},
		{
			name: "~/ is the home",
			env:  map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/k"},
			want: profile.Location{Config: "/h/c", Credentials: "/h/.aws/k"},
		},
		{
			name: "another user's home is not",
			env:  map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "~u/c"},
			want: profile.Location{Config: "~u/c", Credentials: "/h/.aws/credentials"},
		},
		{
			name: "~ elsewhere is not",
			env:  map[string]string{"AWS_CONFIG_FILE": "/a/~/c", "HOME": "/h"},
			want: profile.Location{Config: "/a/~/c", Credentials: "/h/.aws/credentials"},
		},
		{name: "~/ without a home", env: map[string]string{"AWS_CONFIG_FILE": "~/c"}, err: "nobody knows the home"},
	} {
		got, err := profile.Locate(getenv(c.env), home(c.env))
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) ||
			c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%s: Locate(%v) = %q, %v, want %q, %q", c.name, c.env, got, err, c.want, c.err)
		}
	}
}

func TestSelected(t *testing.T) {
	for _, c := range []struct {
		profile, defaultProfile, want string
		explicit                      bool
	}{
		{"", "", "default", false},
		{" ", "\t", "default", false},
		{"a", "", "a", true},
		{"a", "b", "a", true},
		{" ", "b", "b", true},
		{"default", "", "default", true},
		{"a\n", "", "a", true},
	} {
		env := map[string]string{"AWS_PROFILE": c.profile, "AWS_DEFAULT_PROFILE": c.defaultProfile}
		if name, explicit := profile.Selected(getenv(env)); name != c.want || explicit != c.explicit {
			t.Errorf("Selected(%q) = %q, %v, want %q, %v", env, name, explicit, c.want, c.explicit)
		}
	}
}
