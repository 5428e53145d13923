package standard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/internal/vectors"
	"sluice/creds/standard"
)

// scenario is a directory of published test vectors: an environment, files, recorded traffic, and the result.
type scenario struct {
	dir    string
	env    map[string]string
	result struct {
		Ok *struct {
			AccessKeyID     string `json:"access_key_id"`
			SecretAccessKey string `json:"secret_access_key"`
			SessionToken    string `json:"session_token"`
			AccountID       string `json:"account_id"`
			Expiry          int64  `json:"expiry"`
		}
		ErrorContains string
	}
}

// deviations are the cases that we deliberately answer differently, with the reason. There may be five.
var deviations = map[string]string{
	"imds_token_fail": "a 403 to the token request means that there may be only version 1, as in AWS's SDKs for Go " +
		"and Python: one request without a token follows, which also fails here",
}

// failures are parts of our errors in the cases that expect one; the vectors have those of the Rust SDK.
var failures = map[string]string{
	"eks_pod_identity_no_token_file": "/token.jwt: no such file",
	"imds_default_chain_error":       "EC2 instance has no role: not configured",
	"imds_disabled":                  "AWS_EC2_METADATA_DISABLED is true: not configured",
	"imds_no_iam_role": `profile "default": assume role arn:aws:iam::123456789:role/integration-test: ` +
		`its base has no credentials: EC2 instance has no role`,
	"imds_token_fail": "HTTP 403",
	"profile_overrides_web_identity": "its base has no credentials: " +
		"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: not configured",
	"sso_no_token_file":                  "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json: no such file",
	"sso_server_error":                   "SSO role MySsoRole of account 123456789: ",
	"web_identity_source_profile_no_env": "role_arn",
	"web_identity_token_invalid_jwt":     "InvalidIdentityToken: No OpenIDConnect provider found",
	"credential_process_failure":         "1",
	"credential_process_invalid":         "JSON",
	"empty_config":                       "default",
	"invalid_config":                     "config file, line 2: property did not have a name",
	"invalid_sso_credentials_config":     "is for an access token, not for AWS credentials",
	"sso_token":                          "is for an access token, not for AWS credentials",
}

// chains is the folder of the scenarios.
const chains = "smithy-rs/aws-config/test-data"

func TestVectors(t *testing.T) {
	if len(deviations) > 5 {
		t.Errorf("%d deviations, 5 are allowed", len(deviations))
	}
	for _, c := range []struct {
		dir     string
		cases   int
		options standard.Options
	}{
		{"default-credential-provider-chain", 29, standard.Options{}},
		{"profile-provider", 18, standard.Options{Profile: "default"}}, // the profile's provider alone
	} {
		dirs, err := filepath.Glob(filepath.Join(vectors.Path(t, chains), c.dir, "*", "test-case.json"))
		if err != nil {
			t.Fatal(err)
		}
		vectors.Count(t, len(dirs), c.cases)
		for _, file := range dirs {
			s := load(t, filepath.Dir(file))
			t.Run(c.dir+"/"+filepath.Base(s.dir), func(t *testing.T) {
				t.Parallel()
				s.run(t, c.options)
			})
		}
	}
}

func load(t *testing.T, dir string) scenario {
	t.Helper()
	s := scenario{dir: dir}
	var test struct {
		Name   string
		Result json.RawMessage
	}
	decode(t, filepath.Join(dir, "env.json"), &s.env)
	decode(t, filepath.Join(dir, "test-case.json"), &test)
	if err := json.Unmarshal(test.Result, &s.result); err != nil {
		t.Fatal(err)
	}
	return s
}

func decode(t *testing.T, file string, to any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(content, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// now is before the earliest expiry of all recordings, 2009-02-13T23:31:30Z.
func now() time.Time { return time.Date(2009, 2, 13, 22, 0, 0, 0, time.UTC) }

func (s scenario) run(t *testing.T, o standard.Options) {
	traffic := record(t, filepath.Join(s.dir, "http-traffic.json"))
	sources := standard.NewSources(standard.Environment{
		Getenv:    func(name string) string { return s.env[name] },
		Disk:      mounted{filepath.Join(s.dir, "fs")},
		Transport: traffic,
		Now:       now,
	})
	defer sources.Close()
	got, err := sources.Provider(o).Retrieve(t.Context())
	for _, unlike := range traffic.unlike {
		t.Error(unlike)
	}
	if s.result.Ok == nil {
		want := failures[filepath.Base(s.dir)]
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v; want an error with %q", got, err, want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := len(traffic.exchanges); n > 0 {
		t.Errorf("%d recorded requests were not made, the next is %s %s",
			n, traffic.exchanges[0].method, traffic.exchanges[0].uri)
	}
	want := creds.Credentials{
		AccessKeyID:     s.result.Ok.AccessKeyID,
		SecretAccessKey: s.result.Ok.SecretAccessKey,
		SessionToken:    s.result.Ok.SessionToken,
		AccountID:       s.result.Ok.AccountID,
		Source:          got.Source,
	}
	if s.result.Ok.Expiry != 0 {
		want.Expires = time.Unix(s.result.Ok.Expiry, 0)
	}
	if !got.Expires.Equal(want.Expires) {
		t.Errorf("expires %v, want %v", got.Expires, want.Expires)
	}
	if got.Expires = want.Expires; got != want {
		t.Errorf("%v of account %q, want %v of account %q (or its secrets differ)",
			got, got.AccountID, want, want.AccountID)
	}
}

// mounted is a disk with a folder as its root.
type mounted struct{ root string }

func (m mounted) ReadFile(path string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(m.root, path))
	var failed *os.PathError
	if errors.As(err, &failed) {
		failed.Path = path
	}
	return content, err
}

func (m mounted) Update(_ context.Context, path string, _ func([]byte) ([]byte, error)) error {
	return fmt.Errorf("%s: the scenario's disk is not to be written", path)
}

func TestVectorTablesAreUsed(t *testing.T) {
	known := map[string]bool{}
	dirs, err := filepath.Glob(filepath.Join(vectors.Path(t, chains), "*", "*", "test-case.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range dirs {
		known[filepath.Base(filepath.Dir(file))] = true
	}
	for _, table := range []map[string]string{deviations, failures} {
		var names []string
		for name := range table {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if !known[name] {
				t.Errorf("no vector is called %s", name)
			}
		}
	}
}
