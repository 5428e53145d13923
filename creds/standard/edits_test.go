package standard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// issuer is an STS that numbers its keys, and may refuse a role.
type issuer struct {
	asked   atomic.Int64
	mu      sync.Mutex // guards refuses
	refuses string     // a role, "all" for all
}

func (i *issuer) refuse(role string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refuses = role
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	refuses := i.refuses
	i.mu.Unlock()
	role := r.FormValue("RoleArn")
	w.Header().Set("Content-Type", "text/xml")
	if refuses == "all" || refuses != "" && strings.HasSuffix(role, refuses) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
		return
	}
	fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials>
		<AccessKeyId>%s%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
		<Expiration>2999-01-01T00:00:00Z</Expiration>
		</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		role[strings.LastIndex(role, "/")+1:], i.asked.Add(1))
}

// desk is a home folder whose files change, with a clock that the test sets.
type desk struct {
	*shelf
	*issuer
	sources  *standard.Sources
	provider creds.Provider
	clock    atomic.Int64 // s
	told     chan creds.Update
}

func newDesk(t *testing.T, files disk, o standard.Options, variables map[string]string) *desk {
	d := &desk{shelf: &shelf{files: files}, issuer: &issuer{}, told: make(chan creds.Update, 99)}
	server := httptest.NewServer(d.issuer)
	t.Cleanup(server.Close)
	env := environment(nil,
		map[string]string{"HOME": "/h", "AWS_ENDPOINT_URL_STS": server.URL, "AWS_EC2_METADATA_DISABLED": "true"})
	getenv := env.Getenv
	env.Getenv = func(name string) string {
		if value, ok := variables[name]; ok {
			return value
		}
		return getenv(name)
	}
	d.clock.Store(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Unix())
	env.Disk = d.shelf
	env.Now = func() time.Time { return time.Unix(d.clock.Load(), 0) }
	env.OnUpdate = func(u creds.Update) { d.told <- u }
	d.sources = standard.NewSources(env)
	t.Cleanup(d.sources.Close)
	d.provider = d.sources.Provider(o)
	return d
}

// key retrieves and returns the ID of the key, or the text of the error.
func (d *desk) key(t *testing.T) string {
	got, err := d.provider.Retrieve(t.Context())
	if err != nil {
		return err.Error()
	}
	return got.AccessKeyID
}

// until advances the clock by seconds until the key, or the error, is this.
func (d *desk) until(t *testing.T, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		d.clock.Add(2)
		if got = d.key(t); strings.Contains(got, want) {
			return
		}
	}
	t.Fatalf("still %q, want %q", got, want)
}

// looks makes the provider read the files several times.
func (d *desk) looks(t *testing.T, want string) {
	t.Helper()
	for before := d.reads.Load(); d.reads.Load() < before+8; time.Sleep(time.Millisecond) {
		d.clock.Add(2)
		if got := d.key(t); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

const (
	roleFile = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/one\nsource_profile = k\n[profile k]\n" +
		"aws_access_key_id = FROM-ENV\naws_secret_access_key = s\n"
	config = "/h/.aws/config"
)

func role(name string) string { return strings.Replace(roleFile, "role/one", "role/"+name, 1) }

// TestUnrelatedEditsKeepTheKey: an edit that does not concern the profile leaves its key in place, without asking STS.
func TestUnrelatedEditsKeepTheKey(t *testing.T) {
	d := newDesk(t, disk{config: roleFile}, standard.Options{}, map[string]string{"AWS_PROFILE": "a"})
	d.until(t, "one1")
	for i := range 3 {
		d.put(config, roleFile+fmt.Sprintf("[profile other]\nregion = eu-west-%d\n", i))
		d.looks(t, "one1")
	}
	d.refuse("all")
	d.put(config, roleFile+"# a comment\n")
	d.looks(t, "one1")
	if n := d.asked.Load(); n != 1 {
		t.Errorf("STS gave %d keys, want 1", n)
	}
}

// TestChangedProfileServesTheOldKey: a changed profile serves the old key until the new one has been retrieved.
func TestChangedProfileServesTheOldKey(t *testing.T) {
	d := newDesk(t, disk{config: roleFile}, standard.Options{}, map[string]string{"AWS_PROFILE": "a"})
	d.until(t, "one1")
	d.refuse("two")
	d.put(config, role("two"))
	d.looks(t, "one1")
	if u := <-d.told; u.Err != nil || u.Credentials.AccessKeyID != "one1" {
		t.Errorf("update with %v, %v, want the first key", u.Credentials, u.Err)
	}
	if u := <-d.told; creds.ErrorCode(u.Err) != "AccessDenied" || u.Credentials.Source != "profile(a)" {
		t.Errorf("update with %v, %v, want that the old key stays in use", u.Credentials, u.Err)
	}
	d.refuse("")
	d.until(t, "two2")
	d.put(config, roleFile) // back: nothing of the first is left
	d.until(t, "one3")
	d.put(config, strings.Replace(roleFile, "aws_secret_access_key = s", "aws_secret_access_key = other", 1))
	d.until(t, "one4") // another base is another key
}

// TestCorrectedProfile: a correction of a profile that never worked is used at once.
func TestCorrectedProfile(t *testing.T) {
	d := newDesk(t, disk{config: roleFile}, standard.Options{}, map[string]string{"AWS_PROFILE": "a"})
	d.refuse("one")
	d.until(t, "AccessDenied")
	d.put(config, role("two"))
	d.until(t, "two")
}

// TestDeletedFile: a deleted file takes its key with it, and the next source is asked. A half-written file does not.
func TestDeletedFile(t *testing.T) {
	const file = "/h/.aws/credentials"
	for _, refused := range []bool{false, true} {
		var asked atomic.Int64
		d := newDesk(t, disk{file: keysFile("FIRST")}, standard.Options{}, map[string]string{
			"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata(t, &asked),
		})
		d.until(t, "FIRST")
		d.put(file, "")
		d.looks(t, "FIRST")
		d.remove(file)
		if refused { // without any time passing
			d.provider.(creds.Invalidator).Invalidate(creds.Credentials{AccessKeyID: "FIRST"})
			if got := d.key(t); got != "FROM-EC2" {
				t.Errorf("after a refusal: %s, want the next source's key", got)
			}
		}
		d.until(t, "FROM-EC2")
		d.put(file, keysFile("SECOND"))
		d.clock.Add(10)
		if got := d.key(t); got != "FROM-EC2" {
			t.Errorf("%s, want the winner to be kept", got)
		}
	}
}

// TestHungHome: a home folder that hangs does not delay callers with a key, and others only as long as their contexts.
func TestHungHome(t *testing.T) {
	d := newDesk(t, disk{"/h/.aws/credentials": keysFile("KEY")}, standard.Options{}, nil)
	release := d.hang()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got, err := d.provider.Retrieve(ctx); !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("at first: %v, %v, want the deadline", got, err)
	}
	release()
	d.until(t, "KEY")
	defer d.hang()()
	for range 100 {
		d.clock.Add(10)
		if got := d.key(t); got != "KEY" {
			t.Fatalf("while the home hangs: %q", got)
		}
	}
	d.sources.Close() // does not hang
}

// TestUpdatesEndWithClose: after Close there are no updates, not even of a retrieval that was under way.
func TestUpdatesEndWithClose(t *testing.T) {
	d := newDesk(t, disk{config: roleFile}, standard.Options{}, map[string]string{"AWS_PROFILE": "a"})
	d.until(t, "one1")
	<-d.told
	release := d.hang()
	d.put(config, "[half")
	d.clock.Add(2)
	d.key(t)
	d.sources.Close()
	before := d.reads.Load()
	release()
	for d.reads.Load() < before+2 { // both files
		time.Sleep(time.Millisecond)
	}
	if len(d.told) > 0 {
		t.Errorf("update with %v after Close", <-d.told)
	}
}

// TestUpdatesAreOrdered: updates come in order, one at a time.
func TestUpdatesAreOrdered(t *testing.T) {
	const file = "/h/.aws/credentials"
	var inside atomic.Int64
	var mu sync.Mutex
	var heard []string
	files := &shelf{files: disk{file: keysFile("KEY00")}}
	env := environment(nil, map[string]string{"HOME": "/h"})
	env.Disk = files
	var clock atomic.Int64
	env.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
	env.OnUpdate = func(u creds.Update) {
		if inside.Add(1) > 1 {
			t.Error("two updates at once")
		}
		time.Sleep(time.Millisecond)
		mu.Lock()
		heard = append(heard, u.Credentials.AccessKeyID)
		mu.Unlock()
		inside.Add(-1)
	}
	sources := standard.NewSources(env)
	defer sources.Close()
	provider := sources.Provider(standard.Options{})
	for i := range 20 {
		want := fmt.Sprintf("KEY%02d", i)
		files.put(file, keysFile(want))
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			clock.Add(2)
			if got, _ := provider.Retrieve(t.Context()); got.AccessKeyID == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no %s", want)
			}
		}
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		mu.Lock()
		n := len(heard)
		mu.Unlock()
		if n == 19 {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(heard) != 19 || !slices.IsSorted(heard) {
		t.Errorf("heard %q, want 19 keys in order", heard)
	}
}
