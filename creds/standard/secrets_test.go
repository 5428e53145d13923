package standard_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
)

// planted is in every secret of this test: keys, tokens, and the bodies that carry them. test/run.sh looks for it in
// everything that the tests print.
const planted = "PLANTED7secret"

// leaky answers every request with a body that contains secrets.
type leaky struct {
	status int
	body   string
}

func (l leaky) RoundTrip(r *http.Request) (*http.Response, error) {
	body := l.body
	switch {
	case r.URL.Path == "/latest/api/token":
		body = planted + "token"
	case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
		body = "role"
	}
	status := l.status
	if body != l.body {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode:    status,
		Status:        fmt.Sprint(status),
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}, nil
}

// The bodies serve all services: the metadata service and the portal use different fields.
const (
	whole = `{"Code":"Success","AccessKeyId":"ASIAIOSFODNN7EXAMPLE",` +
		`"SecretAccessKey":"` + planted + `","Token":"` + planted + `","Expiration":"2999-01-01T00:00:00Z",
		"roleCredentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","secretAccessKey":"` + planted + `",
		"sessionToken":"` + planted + `","expiration":4102444800000}}`
	dead = `{"Code":"Success","AccessKeyId":"ASIAIOSFODNN7EXAMPLE",` +
		`"SecretAccessKey":"` + planted + `","Token":"` + planted + `","Expiration":"1999-01-01T00:00:00Z"}`
	half = `{"Code":"Success","AccessKeyId":"",` +
		`"SecretAccessKey":"` + planted + `","Token":"` + planted + `","Expiration":"2999-01-01T00:00:00Z"}`
	broken = `{"Code":"` + planted
	coded  = `{"Code":"Failed","Message":"` + planted + `","SecretAccessKey":"` + planted + `"}`
)

// secretSource is a source with secrets, as its variables and its profile.
type secretSource struct {
	name      string
	variables map[string]string
	profile   string
}

func secretSources() []secretSource {
	return []secretSource{
		{
			"environment",
			map[string]string{
				"AWS_ACCESS_KEY_ID":     "AKIAIOSFODNN7EXAMPLE",
				"AWS_SECRET_ACCESS_KEY": planted,
				"AWS_SESSION_TOKEN":     planted,
			},
			"",
		},
		{"half an environment", map[string]string{"AWS_SECRET_ACCESS_KEY": planted}, ""},
		{
			"keys",
			nil,
			"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n" +
				"aws_secret_access_key = " + planted + "\naws_session_token = " + planted,
		},
		{"half keys", nil, "aws_secret_access_key = " + planted},
		{"a line without an equals sign", nil, "aws_secret_access_key " + planted},
		{
			"process",
			nil,
			`credential_process = sh -c 'echo "{\"Version\":1,\"AccessKeyId\":\"ASIAIOSFODNN7EXAMPLE\",` +
				`\"SecretAccessKey\":\"` + planted + `\"}"' ` + planted,
		},
		{
			"a process that fails",
			nil,
			"credential_process = echo password=" + planted + " " + planted + "/abcDEF0123456789 >&2; exit 1",
		},
		{"a process that prints no JSON", nil, "credential_process = echo " + planted},
		{
			"container",
			map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/x",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN":  planted,
			},
			"",
		},
		{
			"container with a token file",
			map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI":     "http://127.0.0.1/x",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
			},
			"",
		},
		{
			"container with a bad token file",
			map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI":     "http://127.0.0.1/x",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/two-lines",
			},
			"",
		},
		{
			"container with a password",
			map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://user:" + planted + "@127.0.0.1/x"},
			"",
		},
		{
			"web identity",
			map[string]string{
				"AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
				"AWS_ROLE_ARN":                "arn:aws:iam::123456789012:role/r",
			},
			"",
		},
		{
			"sso",
			nil,
			"sso_session = dev\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session dev]\n" +
				"sso_region = eu-west-1\nsso_start_url = https://x",
		},
		{"login", nil, "login_session = me"},
		{"instance", nil, ""},
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)))
	won := map[string]bool{}
	for _, source := range secretSources() {
		for _, answer := range []leaky{{200, whole}, {200, dead}, {200, half}, {200, broken}, {200, coded},
			{403, broken}} {
			e, provider := source.explain(t, answer)
			if e.Err == nil {
				won[source.name] = true
			}
			log.Info("explained", "explanation", e, "found", e.Found, "error", e.Err, "provider", provider)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				for _, value := range []any{e, &e, e.Found, e.Err, provider, []creds.Provider{provider}} {
					fmt.Fprintf(&out, source.name+": "+verb+"\n", value)
				}
			}
		}
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.Contains(line, planted) || strings.Contains(line, fmt.Sprintf("%x", planted)) {
			t.Errorf("a secret is printed: %s", strings.ReplaceAll(line, planted, "<here>"))
		}
	}
	for _, name := range []string{"environment", "keys", "process", "container", "container with a token file",
		"sso", "login", "instance"} {
		if !won[name] {
			t.Errorf("source %q never had credentials, so that what it would print was not tested", name)
		}
	}
}

func (s secretSource) explain(t *testing.T, answer leaky) (standard.Explanation, creds.Provider) {
	t.Helper()
	variables := map[string]string{
		"HOME":                      "/home/me",
		"AWS_CONFIG_FILE":           "/config",
		"AWS_LOGIN_CACHE_DIRECTORY": "/login",
	}
	maps.Copy(variables, s.variables)
	env := environment(disk{
		"/config":    "[default]\n" + s.profile + "\n",
		"/token":     planted + "\n",
		"/two-lines": planted + "\n" + planted,
		"/home/me/.aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json": `{
			"accessToken":"` + planted + `",
			"expiresAt":"2999-01-01T00:00:00Z"}`,
		"/login/2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json": `{
			"accessToken":{
				"accessKeyId":"ASIAIOSFODNN7EXAMPLE",
				"secretAccessKey":"` + planted + `",
				"sessionToken":"` + planted + `",
				"expiresAt":"2999-01-01T00:00:00Z"},
			"clientId":"c",
			"refreshToken":"` + planted + `",
			"dpopKey":"` + planted + `"}`,
	}, variables)
	env.Transport = answer
	sources := standard.NewSources(env)
	defer sources.Close()
	return sources.Explain(t.Context(), standard.Options{}), sources.Provider(standard.Options{})
}
