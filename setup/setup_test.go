package setup_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/setup"
)

// parse parses properties in an environment.
func parse(properties, env map[string]string) (conf.Config, error) {
	sources := standard.NewSources(standard.Environment{Getenv: func(name string) string { return env[name] }})
	return setup.Parse(func(name string) (string, bool) { value, set := properties[name]; return value, set }, sources)
}

// TestEnvironment: a property wins over the environment, which wins over the profile.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	profile := map[string]string{"AWS_CONFIG_FILE": filepath.Join(dir, "config")}
	text := "[profile p]\nca_bundle = /profile.pem\nendpoint_url = http://profile:1\n"
	if err := os.WriteFile(profile["AWS_CONFIG_FILE"], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{"bucket": "logs"}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	for _, tt := range []struct {
		name                   string
		properties, env        map[string]string
		ca, endpoint, stsPoint string
	}{
		{"nothing", with(nil), nil, "", "", ""},
		{"a profile", with(map[string]string{"profile": "p"}), profile, "/profile.pem", "http://profile:1",
			"http://profile:1"},
		{"the environment", with(nil), map[string]string{
			"AWS_CA_BUNDLE":        "/env.pem",
			"AWS_ENDPOINT_URL_S3":  "http://s3:1",
			"AWS_ENDPOINT_URL_STS": "http://sts:1",
		},
			"/env.pem", "http://s3:1", "http://sts:1"},
		{"properties", with(map[string]string{
			"ca_file":  "/own.pem",
			"endpoint": "http://own:1",
		}), map[string]string{"AWS_CA_BUNDLE": "/env.pem", "AWS_ENDPOINT_URL": "http://env:1"},
			"/own.pem", "http://own:1", "http://env:1"},
	} {
		c, err := parse(tt.properties, tt.env)
		if err != nil || c.CAFile != tt.ca || c.Endpoint != tt.endpoint || c.STSEndpoint != tt.stsPoint {
			t.Errorf("%s: CA file %q, endpoints %q and %q, %v", tt.name, c.CAFile, c.Endpoint, c.STSEndpoint, err)
		}
		if o := setup.Credentials(c); o.CAFile != tt.ca || o.STSEndpoint != tt.stsPoint {
			t.Errorf("%s: the credentials have %+v", tt.name, o)
		}
	}
	for _, env := range []map[string]string{nil, {"AWS_ENDPOINT_URL": "ftp://s3"}} {
		properties := map[string]string{}
		if env != nil {
			properties["bucket"] = "logs"
		}
		if _, err := parse(properties, env); !errors.As(err, new(conf.Mistakes)) {
			t.Errorf("with %v: %v, want mistakes", env, err)
		}
	}
}

// TestEndpointOptions: the choice among AWS's endpoints applies to S3, too.
func TestEndpointOptions(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	text := "[profile p]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name            string
		properties, env map[string]string
		fips, dual      bool
	}{
		{"nothing", nil, nil, false, false},
		{"environment", nil, map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, true, false},
		{"the other", nil, map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, false, true},
		{"profile", map[string]string{"profile": "p"}, map[string]string{"AWS_CONFIG_FILE": file}, true, true},
	} {
		properties := map[string]string{"bucket": "logs"}
		for name, value := range tt.properties {
			properties[name] = value
		}
		c, err := parse(properties, tt.env)
		if err != nil || c.UseFIPS != tt.fips || c.UseDualStack != tt.dual {
			t.Errorf("%s: FIPS %v, dual stack %v, %v", tt.name, c.UseFIPS, c.UseDualStack, err)
		}
	}
}
