package standard_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sluice/creds"
	"sluice/creds/standard"
)

// TestHome: without HOME, as systemd starts a service, the system knows the home folder. If it does not, the profile
// fails, and the node's role does not replace it.
func TestHome(t *testing.T) {
	var asked atomic.Int64
	endpoint := metadata(t, &asked)
	files := disk{
		"/root/.aws/credentials":    keysFile("FROM-FILE"),
		"/file":                     keysFile("FROM-OVERRIDE"),
		"relative/.aws/credentials": keysFile("FROM-HERE"),
	}
	for _, c := range []struct {
		name      string
		variables map[string]string
		home      string // the system's
		err       error  // the system's
		want      string // the key's ID, or a part of the error
	}{
		{"the system's", nil, "/root", nil, "FROM-FILE"},
		{"HOME counts for more", map[string]string{"HOME": "/home/me"}, "/root", nil, "FROM-EC2"},
		{"nobody knows", nil, "", errors.New("no such user"), "no such user; set HOME, or AWS_CONFIG_FILE"},
		{"the system has none", nil, "", nil, "the system records none for this user; set HOME"},
		{"relative", map[string]string{"HOME": "relative"}, "/root", nil,
			`"relative" is not an absolute path; set HOME`},
		{"not needed", map[string]string{"AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/file"}, "",
			errors.New("no such user"), "FROM-OVERRIDE"},
	} {
		variables := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}
		for name, value := range c.variables {
			variables[name] = value
		}
		env := environment(files, variables)
		env.Home = func() (string, error) { return c.home, c.err }
		got, err := standard.NewSources(env).Provider(standard.Options{}).Retrieve(t.Context())
		if err != nil && (!strings.Contains(err.Error(), c.want) || errors.Is(err, creds.ErrNotConfigured)) {
			t.Errorf("%s: %v, want %q, which is a failure", c.name, err, c.want)
		}
		if err == nil && got.AccessKeyID != c.want {
			t.Errorf("%s: key %s, want %s", c.name, got.AccessKeyID, c.want)
		}
	}
}

// looked records which files are read.
type looked struct {
	disk
	mu    sync.Mutex // guards paths
	paths []string
}

func (l *looked) ReadFile(path string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = append(l.paths, path)
	return l.disk.ReadFile(path)
}

// TestTokenCachesAreInTheHome: the caches of SSO and login tokens are never looked for in the working directory.
func TestTokenCachesAreInTheHome(t *testing.T) {
	for _, c := range []struct {
		profile, dir string
		home         error
		want         string // prefix of a path that is read, or part of the error
	}{
		{"login_session = me", "", nil, "/root/.aws/login/cache/"},
		{"login_session = me", "/login", nil, "/login/"},
		{"login_session = me", "login", nil, `AWS_LOGIN_CACHE_DIRECTORY "login" is not an absolute path`},
		{"login_session = me", "", errors.New("no such user"), "no such user; set HOME"},
		{"sso_session = dev\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session dev]\n" +
			"sso_region = eu-west-1\nsso_start_url = https://x",
			"", nil, "/root/.aws/sso/cache/"},
		{"sso_session = dev\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session dev]\n" +
			"sso_region = eu-west-1\nsso_start_url = https://x",
			"", errors.New("no such user"), "no such user; set HOME"},
	} {
		files := &looked{disk: disk{"/config": "[default]\n" + c.profile + "\n"}}
		env := environment(nil, map[string]string{
			"AWS_CONFIG_FILE":             "/config",
			"AWS_SHARED_CREDENTIALS_FILE": "/none",
			"AWS_LOGIN_CACHE_DIRECTORY":   c.dir,
		})
		env.Disk, env.Home = files, func() (string, error) { return "/root", c.home }
		sources := standard.NewSources(env)
		_, err := sources.Provider(standard.Options{}).Retrieve(t.Context())
		sources.Close()
		read := ""
		for _, path := range files.paths {
			if !filepath.IsAbs(path) {
				t.Errorf("%q was read", path)
			}
			if strings.HasPrefix(path, c.want) {
				read = path
			}
		}
		if read == "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v after reading %q, want %q", c.profile, err, files.paths, c.want)
		}
	}
}
