package standard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
)

// metadata is an instance metadata service with a role; it counts how often its
// keys were asked for.
func metadata(t *testing.T, asked *atomic.Int64) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const base = "/latest/meta-data/iam/security-credentials/"
		switch {
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
			fmt.Fprint(w, "token")
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == base:
			fmt.Fprint(w, "role")
		case r.URL.Path == base+"role":
			asked.Add(1)
			fmt.Fprint(w, `{"Code":"Success","AccessKeyId":"FROM-EC2","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func environment(home string, variables map[string]string) standard.Environment {
	return standard.Environment{
		Getenv: func(name string) string { return variables[name] },
		Exists: func(path string) bool { return home != "" && path == home+"/.aws/credentials" },
	}
}

func TestOrder(t *testing.T) {
	var asked atomic.Int64
	endpoint := metadata(t, &asked)
	for _, c := range []struct {
		name      string
		variables map[string]string
		want      string // the key's ID, or a part of the error
		none      bool   // the error is ErrNotConfigured
	}{
		{"environment", map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s"}, "FROM-ENV", false},
		{"instance", nil, "FROM-EC2", false},
		{"metadata disabled", map[string]string{"AWS_EC2_METADATA_DISABLED": "True"}, "AWS_EC2_METADATA_DISABLED is true", true},
		{"half a pair", map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV"}, "AWS_SECRET_ACCESS_KEY is not", false},
		{"web identity", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but", false},
		{"container", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI is set, but", false},
		{"shared file", map[string]string{"HOME": "/home/me"}, "/home/me/.aws/credentials is there, but", false},
	} {
		variables := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
		for name, value := range c.variables {
			variables[name] = value
		}
		got, err := standard.NewSources(environment(variables["HOME"], variables)).Provider(standard.Options{}).Retrieve(t.Context())
		if err != nil && (!strings.Contains(err.Error(), c.want) || errors.Is(err, creds.ErrNotConfigured) != c.none) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err == nil && got.AccessKeyID != c.want {
			t.Errorf("%s: key %s, want %s", c.name, got.AccessKeyID, c.want)
		}
	}
}

func TestOneRetrievalForAllOutputs(t *testing.T) {
	var asked atomic.Int64
	sources := standard.NewSources(environment("", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata(t, &asked)}))
	for range 50 {
		if _, err := sources.Provider(standard.Options{}).Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("fifty outputs asked %d times, want once", n)
	}
}

func TestEndpoint(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"http://169.254.169.254": nil,
		"http://[fd00:ec2::254]": {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"},
		"http://127.0.0.1:1338":  {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
	} {
		if got := standard.Endpoint(func(name string) string { return variables[name] }); got != want {
			t.Errorf("%v: %s, want %s", variables, got, want)
		}
	}
}

// sts answers AssumeRole as AWS documents it, and refuses what AWS refuses: an
// unsigned request, a wrong external ID.
func sts(t *testing.T, externalID string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/xml")
		fail := func(status int, code string) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code)
		}
		authorization := r.Header.Get("Authorization")
		switch {
		case !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential=FROM-ENV/") || !strings.Contains(authorization, "/eu-central-1/sts/aws4_request"):
			fail(http.StatusForbidden, "InvalidClientTokenId")
		case r.Form.Get("Action") != "AssumeRole" || r.Form.Get("Version") != "2011-06-15" || r.Form.Get("RoleSessionName") == "":
			fail(http.StatusBadRequest, "ValidationError")
		case r.Form.Get("ExternalId") != externalID:
			fail(http.StatusForbidden, "AccessDenied")
		default:
			fmt.Fprint(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
				<AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
				</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAssumeRole(t *testing.T) {
	env := environment("", map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s"})
	options := standard.Options{Region: "eu-central-1", RoleARN: "arn:aws:iam::123456789012:role/logs", ExternalID: "right", STSEndpoint: sts(t, "right")}
	got, err := standard.NewSources(env).Provider(options).Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASSUMED" || got.AccountID != "123456789012" || got.Source != "assume-role(environment)" {
		t.Errorf("AssumeRole: %v of account %s, %v", got, got.AccountID, err)
	}
	options.ExternalID = "wrong"
	if _, err := standard.NewSources(env).Provider(options).Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "AccessDenied") || errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("with a wrong external ID: %v", err)
	}
	env = environment("", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"})
	if _, err := standard.NewSources(env).Provider(options).Retrieve(t.Context()); err == nil || errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("without a base: %v, want a failure that is not \"not configured\"", err)
	}
}
