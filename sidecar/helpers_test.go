package sidecar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds"
	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// planted is in every secret of these tests; test/run.sh looks for it in what
// they print.
const planted = "PLANTED7secret"

const (
	tokenOne = planted + "-token-of-one"
	tokenTwo = planted + "-token-of-two"
)

// fakeSTS answers AssumeRole as STS does, in place of the network, with a new key
// each time.
type fakeSTS struct {
	life time.Duration // of keys; default: what is asked for
	now  func() time.Time
	down atomic.Bool

	calls atomic.Int64
	mu    sync.Mutex    // guards what follows
	hold  chan struct{} // if not nil, answers wait until it is closed
	form  url.Values    // of the last call
}

// holdBack makes answers wait until the channel is closed.
func (f *fakeSTS) holdBack() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hold = make(chan struct{})
	return f.hold
}

func (f *fakeSTS) Do(r *http.Request) (*http.Response, error) {
	n := f.calls.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.form = form
	hold := f.hold
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status, text := http.StatusOK, f.answer(n, form)
	if f.down.Load() {
		status = http.StatusForbidden // which the SDK does not try again
		text = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
			<Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"text/xml"}},
		Body:       io.NopCloser(strings.NewReader(text)),
		Request:    r,
	}, nil
}

func (f *fakeSTS) answer(n int64, form url.Values) string {
	life := f.life
	if life == 0 {
		life, _ = time.ParseDuration(form.Get("DurationSeconds") + "s")
	}
	return fmt.Sprintf(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
		<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>
		<Credentials><AccessKeyId>ASIA%d</AccessKeyId><SecretAccessKey>%[3]sKEY</SecretAccessKey>
		<SessionToken>%[3]sSESSION</SessionToken><Expiration>%[4]s</Expiration></Credentials>
		</AssumeRoleResult></AssumeRoleResponse>`,
		form.Get("RoleArn"), n, planted, f.now().Add(life).UTC().Format(time.RFC3339))
}

// fakeSources have one long-lived key, and an STS that the test controls.
type fakeSources struct{ sts *fakeSTS }

func (s fakeSources) Provider(from config.Source) (creds.Provider, error) {
	if from.Profile != nil && from.Profile.Name == "broken" {
		return nil, errors.New("no such profile")
	}
	key := creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: planted}
	return creds.Static{Credentials: key}, nil
}

func (s fakeSources) STS(from config.Source) (creds.Service, error) {
	return creds.Service{Region: "us-east-1", HTTP: s.sts}, nil
}

// world is a world of a few variables and of this machine's files.
func machine(variables map[string]string) config.Environment {
	disk := &slowfs.FS{Timeout: 10 * time.Second} // the machine may be busy
	return config.Environment{
		LookupEnv: func(name string) (string, bool) { value, set := variables[name]; return value, set },
		ReadFile:  disk.ReadFile, ReadDir: disk.ReadDir, Stat: disk.Stat,
	}
}

// testServer is a server with its surroundings.
type testServer struct {
	*Server
	sts  *fakeSTS
	log  *lockedBuffer // what was logged, including the audit
	dir  string        // dynamic services
	main string        // file
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newTestServer makes a server of a configuration, in which DIR stands for a folder of
// services.
func newTestServer(t testing.TB, text string) *testServer {
	t.Helper()
	b := &testServer{log: &lockedBuffer{}, dir: t.TempDir(), sts: &fakeSTS{now: time.Now}}
	b.main = filepath.Join(t.TempDir(), "config.yaml")
	text = strings.ReplaceAll(text, "DIR", b.dir)
	write(t, b.main, text)
	c, err := config.Parse(context.Background(), b.main, []byte(text), machine(nil))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.Server, err = New(context.Background(), Options{
		Config:      c,
		File:        b.main,
		Environment: machine(nil),
		Sources:     fakeSources{b.sts},
		Log:         log,
		Version:     "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.end()
		b.background.Wait()
		b.registry.close()
		if strings.Contains(b.log.String(), planted) {
			t.Errorf("a secret is in the log:\n%s", b.log)
		}
	})
	return b
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// request is what a client sends: "METHOD /path", and headers as "Name: value".
func request(line string, headers ...string) *http.Request {
	method, target, _ := strings.Cut(line, " ")
	r := &http.Request{
		Method: method, RequestURI: target, Host: "localhost:1338", RemoteAddr: "127.0.0.1:50000",
		Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	r.URL = &url.URL{}
	if parsed, err := url.ParseRequestURI(target); err == nil {
		r.URL = parsed
	}
	for _, each := range headers {
		name, value, _ := strings.Cut(each, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return r.WithContext(context.Background())
}

// ask sends a request to a listener.
func (b *testServer) ask(l config.Listener, line string, headers ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.Handler(l).ServeHTTP(w, request(line, headers...))
	return w
}

// get asks the first listener for a service's key by token and returns the status
// and the key's ID.
func (b *testServer) get(token string) (status int, key string) {
	w := b.ask(b.opts.Config.Server.Listeners[0], "GET /v1/credentials", "Authorization: "+token)
	_, rest, _ := strings.Cut(w.Body.String(), `"AccessKeyId":"`)
	key, _, _ = strings.Cut(rest, `"`)
	return w.Code, key
}

// one is a configuration of one service.
const one = `services:
  one:
    auth_token: ` + tokenOne + `
    assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/one"}
`
