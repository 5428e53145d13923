package setup_test

import (
	"testing"

	"sluice/creds/standard"
	"sluice/setup"
)

// TestFindRegion: the instance's region counts only where nothing names one, and only for Amazon's own servers.
func TestFindRegion(t *testing.T) {
	for _, tt := range []struct {
		name            string
		properties, env map[string]string
		finds           bool
		region          string // of the credentials
	}{
		{"nothing", nil, nil, true, ""},
		{"a property", map[string]string{"region": "us-east-1"}, nil, false, "us-east-1"},
		{"an empty property", map[string]string{"region": ""}, nil, true, ""},
		{"the environment", nil, map[string]string{"AWS_REGION": "eu-west-1"}, false, "eu-west-1"},
		{"an endpoint", map[string]string{"endpoint": "http://minio:9000"}, nil, false, ""},
	} {
		properties := map[string]string{"bucket": "logs"}
		for name, value := range tt.properties {
			properties[name] = value
		}
		c, err := parse(properties, tt.env)
		if err != nil {
			t.Fatal(err)
		}
		sources := standard.NewSources(standard.Environment{Getenv: func(name string) string { return tt.env[name] }})
		if got := setup.FindRegion(c, sources) != nil; got != tt.finds || setup.Credentials(c).Region != tt.region ||
			tt.finds && c.Region != "us-east-1" {
			t.Errorf("%s: finds a region: %v, %+v", tt.name, got, setup.Credentials(c))
		}
		sources.Close()
	}
	recorded := func(name string) (string, bool) {
		value, set := map[string]string{"bucket": "logs", "region": "us-east-1"}[name]
		return value, set
	}
	sources := standard.NewSources(standard.Environment{Getenv: func(string) string { return "" }})
	if c, err := setup.ParseRecorded(recorded, sources); err != nil || c.RegionUnset {
		t.Errorf("ParseRecorded = %+v, %v, want the region that was recorded", c, err)
	}
}
