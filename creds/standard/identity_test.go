package standard_test

import (
	"os"
	"strings"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
)

// TestIdentity: the STS that is asked is the one that the options or the environment name.
func TestIdentity(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:user/env"
	sts := newSTS(t, "")
	none := "http://127.0.0.1:1"
	known := creds.Credentials{AccessKeyID: "FROM-ENV", SecretAccessKey: "s"}
	for _, c := range []struct {
		name      string
		variables map[string]string
		options   standard.Options
		key       creds.Credentials
		want      string // part of the error, "" for none
	}{
		{"by the environment", map[string]string{"AWS_ENDPOINT_URL_STS": sts}, standard.Options{}, known, ""},
		{"by the options", map[string]string{"AWS_ENDPOINT_URL_STS": none}, standard.Options{STSEndpoint: sts}, known,
			""},
		{"an unknown key", map[string]string{"AWS_ENDPOINT_URL_STS": sts}, standard.Options{},
			creds.Credentials{AccessKeyID: "NONSENSE", SecretAccessKey: "s"}, "InvalidClientTokenId"},
		{"no authorities", map[string]string{"AWS_ENDPOINT_URL_STS": sts, "AWS_CA_BUNDLE": "/none"},
			standard.Options{}, known, "read CA bundle: open /none: " + os.ErrNotExist.Error()},
	} {
		sources := standard.NewSources(environment(nil, c.variables))
		got, err := sources.Identity(t.Context(), c.options, c.key)
		sources.Close()
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %+v, %v, want %q", c.name, got, err, c.want)
			}
			continue
		}
		if err != nil || got.ARN != arn || got.Account != "123456789012" {
			t.Errorf("%s: %+v, %v, want %s", c.name, got, err, arn)
		}
	}
}
