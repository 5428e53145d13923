package standard_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
)

// metadata is an instance metadata service with a role. It counts the requests for its keys.
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
			fmt.Fprint(
				w,
				`{"Code":"Success","AccessKeyId":"FROM-EC2","SecretAccessKey":"s","Token":"t",`+
					`"Expiration":"2999-01-01T00:00:00Z"}`,
			)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// disk holds files in memory.
type disk map[string]string

func (d disk) ReadFile(path string) ([]byte, error) {
	content, ok := d[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	switch content {
	case "unreadable":
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	case "damaged":
		return nil, &fs.PathError{Op: "read", Path: path, Err: syscall.EIO}
	case "no folder":
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return []byte(content), nil
}

func (d disk) Update(_ context.Context, path string, change func([]byte) ([]byte, error)) error {
	old, err := d.ReadFile(path)
	if err != nil {
		return err
	}
	content, err := change(old)
	if err == nil && content != nil {
		d[path] = string(content)
	}
	return err
}

func environment(files disk, variables map[string]string) standard.Environment {
	return standard.Environment{
		Getenv: func(name string) string { return variables[name] },
		Disk:   files,
		Home:   func() (string, error) { return "/home/nobody", nil },
	}
}

func TestOrder(t *testing.T) {
	var asked atomic.Int64
	endpoint := metadata(t, &asked)
	files := disk{
		"/home/me/.aws/credentials": "[default]\naws_access_key_id = FROM-FILE\naws_secret_access_key = s\n[other]\n" +
			"aws_access_key_id = FROM-OTHER\naws_secret_access_key = s\n",
		"/home/me/.aws/config": "[profile region]\nregion = eu-central-1\n[profile named]\n" +
			"credential_source = Environment\n",

		"/home/locked/.aws/credentials": "unreadable",
		"/home/damaged/.aws/config":     "damaged",
		"/dev/null/.aws/config":         "no folder",
	}
	for _, c := range []struct {
		name      string
		variables map[string]string
		want      string // the key's ID, or a part of the error
		none      bool   // the error is ErrNotConfigured
	}{
		{"environment", map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s"}, "FROM-ENV",
			false},
		{"instance", nil, "FROM-EC2", false},
		{"metadata disabled", map[string]string{"AWS_EC2_METADATA_DISABLED": "True"},
			"AWS_EC2_METADATA_DISABLED is true", true},
		{"half a pair", map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV"}, "AWS_SECRET_ACCESS_KEY is not", false},
		{"half a web identity", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"},
			"AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not", false},
		{"web identity without its file",
			map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r"},
			"open /t: file does not exist", false},
		{"a foreign container host", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"},
			"192.0.2.1", false},
		{"a profile in the file", map[string]string{"HOME": "/home/me"}, "FROM-FILE", false},
		{"environment before profile",
			map[string]string{"HOME": "/home/me", "AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s"},
			"FROM-ENV", false},
		{"blank variables",
			map[string]string{"HOME": "/home/me", "AWS_ACCESS_KEY_ID": " ", "AWS_SECRET_ACCESS_KEY": "\t"},
			"FROM-FILE", false},
		{"a profile by name", map[string]string{"HOME": "/home/me", "AWS_PROFILE": "other"}, "FROM-OTHER", false},
		{"a profile that is not there", map[string]string{"HOME": "/home/me", "AWS_PROFILE": "none"}, `none`, false},
		{"a profile without credentials", map[string]string{"HOME": "/home/me", "AWS_PROFILE": "region"}, "FROM-EC2",
			false},
		{"a profile that names an empty source", map[string]string{"HOME": "/home/me", "AWS_PROFILE": "named"},
			`profile "named": AWS_ACCESS_KEY_ID`, false},
		{"a file that cannot be read", map[string]string{"HOME": "/home/locked"}, "permission denied", false},
		{"a file that a bad disk has", map[string]string{"HOME": "/home/damaged"}, "input/output error", false},
		{"a home that is no folder", map[string]string{"HOME": "/dev/null"}, "FROM-EC2", false},
		{"a bad metadata endpoint",
			map[string]string{
				"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5",
				"AWS_EC2_METADATA_SERVICE_ENDPOINT":      "",
			},
			`AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE "IPv5" is not a valid endpoint mode`, false},
	} {
		variables := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
		for name, value := range c.variables {
			variables[name] = value
		}
		sources := standard.NewSources(environment(files, variables))
		got, err := sources.Provider(standard.Options{}).Retrieve(t.Context())
		if err != nil && (!strings.Contains(err.Error(), c.want) || errors.Is(err, creds.ErrNotConfigured) != c.none) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err == nil && got.AccessKeyID != c.want {
			t.Errorf("%s: key %s, want %s", c.name, got.AccessKeyID, c.want)
		}
	}
}

// newSTS answers AssumeRole and GetCallerIdentity as AWS documents them, and refuses what AWS refuses: an unsigned
// request, a wrong external ID.
func newSTS(t *testing.T, externalID string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/xml")
		fail := func(status int, code string) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
				<Type>Sender</Type><Code>%s</Code><Message>no</Message>
				</Error></ErrorResponse>`, code)
		}
		authorization := r.Header.Get("Authorization")
		switch {
		case r.Form.Get("Action") == "AssumeRoleWithWebIdentity" && r.Form.Get("WebIdentityToken") == "token":
			fmt.Fprint(w, stsAnswer("AssumeRoleWithWebIdentity", "FROM-EKS"))
		case !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential=FROM-E") ||
			!strings.Contains(authorization, "/sts/aws4_request"):
			fail(http.StatusForbidden, "InvalidClientTokenId")
		case r.Form.Get("Action") == "GetCallerIdentity":
			fmt.Fprint(w, identityAnswer)
		case r.Form.Get("Action") != "AssumeRole" || r.Form.Get("Version") != "2011-06-15" ||
			r.Form.Get("RoleSessionName") == "":
			fail(http.StatusBadRequest, "ValidationError")
		case r.Form.Get("ExternalId") != externalID:
			fail(http.StatusForbidden, "AccessDenied")
		default:
			fmt.Fprint(w, stsAnswer("AssumeRole", "ASSUMED"))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// identityAnswer says whose key it is.
const identityAnswer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
	<GetCallerIdentityResult>
		<Arn>arn:aws:iam::123456789012:user/env</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
	</GetCallerIdentityResult></GetCallerIdentityResponse>`

// stsAnswer is the answer of STS to an action.
func stsAnswer(action, key string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
		<AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
		<Expiration>2999-01-01T00:00:00Z</Expiration>
		</Credentials></%[1]sResult></%[1]sResponse>`, action, key)
}

func TestAssumeRole(t *testing.T) {
	env := environment(nil, map[string]string{"AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s"})
	options := standard.Options{
		Region:      "eu-central-1",
		RoleARN:     "arn:aws:iam::123456789012:role/logs",
		ExternalID:  "right",
		STSEndpoint: newSTS(t, "right"),
	}
	got, err := standard.NewSources(env).Provider(options).Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASSUMED" || got.AccountID != "123456789012" ||
		got.Source != "assume-role(environment)" {
		t.Errorf("AssumeRole: %v of account %s, %v", got, got.AccountID, err)
	}
	pod := environment(disk{"/token": "token\n"}, map[string]string{
		"AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
		"AWS_ROLE_ARN":                "arn:aws:iam::210987654321:role/pod",
		"AWS_ENDPOINT_URL_STS":        options.STSEndpoint,
	})
	got, err = standard.NewSources(pod).Provider(options).Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASSUMED" || got.Source != "assume-role(web-identity)" {
		t.Errorf("AssumeRole by a pod of another account: %v, %v", got, err)
	}
	options.ExternalID = "wrong"
	if _, err := standard.NewSources(env).Provider(options).Retrieve(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "AccessDenied") ||
		errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("with a wrong external ID: %v", err)
	}
	env = environment(nil, map[string]string{"AWS_EC2_METADATA_DISABLED": "true"})
	if _, err := standard.NewSources(env).Provider(options).Retrieve(t.Context()); err == nil ||
		errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("without a base: %v, want a failure that is not \"not configured\"", err)
	}
}
