package standard_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// shelf is a disk whose files change, and that may hang.
type shelf struct {
	reads atomic.Int64 // that have begun and did not hang
	mu    sync.Mutex   // guards what follows
	files disk
	hung  chan struct{} // nil if it does not hang
}

func (s *shelf) ReadFile(path string) ([]byte, error) {
	s.mu.Lock()
	hung := s.hung
	s.mu.Unlock()
	if hung != nil {
		<-hung
	}
	s.reads.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files.ReadFile(path)
}

func (s *shelf) Update(ctx context.Context, path string, change func([]byte) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files.Update(ctx, path, change)
}

func (s *shelf) put(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = content
}

func (s *shelf) remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, path)
}

// hang makes reads hang until release is called.
func (s *shelf) hang() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hung := make(chan struct{})
	s.hung = hung
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hung = nil
		close(hung)
	}
}

func keysFile(id string) string {
	return "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = s\n"
}

func TestRotatedFileIsNoticed(t *testing.T) {
	const file = "/h/.aws/credentials"
	d := newDesk(t, disk{file: keysFile("FIRST")}, standard.Options{}, nil)
	for _, step := range []struct {
		name, content string
		want          string // key
		told          string // part of the update
	}{
		{"at first", keysFile("FIRST"), "FIRST", ""},
		{"rotated", keysFile("SECOND"), "SECOND", "SECOND"},
		{"half written", "[default]\naws_access_key_id = THIRD\n", "SECOND", "have changed and cannot be used"},
		{"still half written", "[default]\naws_access_key_id = THIRD\n", "SECOND", ""},
		{"written", keysFile("THIRD"), "THIRD", "THIRD"},
		{"unreadable", "unreadable", "THIRD", "permission denied"},
		{"damaged", "damaged", "THIRD", "input/output error"},
	} {
		d.put(file, step.content)
		if got := d.key(t); step.name != "at first" && got == step.told {
			t.Errorf("%s: the file is read within a second", step.name)
		}
		d.until(t, step.want)
		d.looks(t, step.want)
		if step.told == "" {
			continue
		}
		var u creds.Update
		select {
		case u = <-d.told:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: no update", step.name)
		}
		if text := u.Credentials.AccessKeyID; u.Err == nil && text != step.told ||
			u.Err != nil && !strings.Contains(u.Err.Error(), step.told) {
			t.Errorf("%s: update with %v, %v, want %q", step.name, u.Credentials, u.Err, step.told)
		}
	}
	if len(d.told) > 0 {
		t.Errorf("another update: %v", <-d.told)
	}
}

func TestProfileByName(t *testing.T) {
	env := environment(disk{"/home/me/.aws/config": "[profile region]\nregion = eu-central-1\n"}, map[string]string{
		"HOME":                  "/home/me",
		"AWS_ACCESS_KEY_ID":     "FROM-ENV",
		"AWS_SECRET_ACCESS_KEY": "s",
	})
	for profile, want := range map[string]string{"none": "no such profile", "region": "credential"} {
		got, err := standard.NewSources(env).Provider(standard.Options{Profile: profile}).Retrieve(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "/home/me/.aws/config") {
			t.Errorf("profile %s: %v, %v; want an error, and not the environment's key", profile, got, err)
		}
	}
}
