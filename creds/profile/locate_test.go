package profile_test

import (
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
			got, want := profile.Locate(getenv(c.Environment)), profile.Location{Config: c.ConfigLocation, Credentials: c.CredentialsLocation}
			if got != want {
				t.Errorf("Locate(%v) = %v, want %v", c.Environment, got, want)
			}
			if name, _ := profile.Selected(getenv(c.Environment)); c.Profile != "" && name != c.Profile {
				t.Errorf("Selected(%v) = %q, want %q", c.Environment, name, c.Profile)
			}
		})
	}
	vectors.Count(t, len(file.Tests), 9)
	vectors.Count(t, run, 4)
}

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want profile.Location
	}{
		{"nothing tells", nil, profile.Location{}},
		{"blank variables are absent", map[string]string{"HOME": " ", "AWS_CONFIG_FILE": "\t", "AWS_SHARED_CREDENTIALS_FILE": "\n"}, profile.Location{}},
		{"a blank override leaves the default", map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": " "}, profile.Location{Config: "/h/.aws/config", Credentials: "/h/.aws/credentials"}},
		{"an override needs no home", map[string]string{"AWS_CONFIG_FILE": "/c"}, profile.Location{Config: "/c"}},
		{"~/ is the home", map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/k"}, profile.Location{Config: "/h/c", Credentials: "/h/.aws/k"}},
		{"another user's home is not", map[string]string{"HOME": "/h", "AWS_CONFIG_FILE": "~u/c"}, profile.Location{Config: "~u/c", Credentials: "/h/.aws/credentials"}},
		{"~ elsewhere is not", map[string]string{"AWS_CONFIG_FILE": "/a/~/c", "HOME": "/h"}, profile.Location{Config: "/a/~/c", Credentials: "/h/.aws/credentials"}},
		{"~/ without a home stays", map[string]string{"AWS_CONFIG_FILE": "~/c"}, profile.Location{Config: "~/c"}},
	} {
		if got := profile.Locate(getenv(c.env)); got != c.want {
			t.Errorf("%s: Locate(%v) = %q, want %q", c.name, c.env, got, c.want)
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
