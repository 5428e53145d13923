package standard_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// shelf is a disk whose files change.
type shelf struct {
	mu    sync.Mutex // guards disk
	files disk
}

func (s *shelf) ReadFile(path string) ([]byte, error) {
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

func keysFile(id string) string {
	return "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = s\n"
}

func TestRotatedFileIsNoticed(t *testing.T) {
	const file = "/home/me/.aws/credentials"
	files := &shelf{files: disk{file: keysFile("FIRST")}}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	told := make(chan creds.Update, 9)
	sources := standard.NewSources(standard.Environment{
		Getenv:  func(name string) string { return map[string]string{"HOME": "/home/me"}[name] },
		Disk:    files,
		Now:     func() time.Time { return now },
		Changed: func(u creds.Update) { told <- u },
	})
	defer sources.Close()
	provider := sources.Provider(standard.Options{})
	for _, step := range []struct {
		name, content string
		want          string // key
		told          string // part of what is told
	}{
		{"at first", keysFile("FIRST"), "FIRST", ""},
		{"rotated", keysFile("SECOND"), "SECOND", "SECOND"},
		{"half written", "[default]\naws_access_key_id = THIRD\n", "SECOND", "have changed and cannot be used"},
		{"still half written", "[default]\naws_access_key_id = THIRD\n", "SECOND", ""},
		{"written", keysFile("THIRD"), "THIRD", "THIRD"},
		{"unreadable", "unreadable", "THIRD", "permission denied"},
	} {
		files.put(file, step.content)
		got, _ := provider.Retrieve(t.Context())
		if step.name != "at first" && got.AccessKeyID == step.want && step.told != "" && !strings.Contains(step.told, " ") {
			t.Errorf("%s: the file is read within a second", step.name)
		}
		now = now.Add(time.Second)
		if got, err := provider.Retrieve(t.Context()); err != nil || got.AccessKeyID != step.want {
			t.Errorf("%s: %v, %v, want %s", step.name, got, err, step.want)
		}
		if step.told == "" {
			continue
		}
		var u creds.Update
		select {
		case u = <-told:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: nobody is told", step.name)
		}
		if text := u.Credentials.AccessKeyID; u.Err == nil && text != step.told || u.Err != nil && !strings.Contains(u.Err.Error(), step.told) {
			t.Errorf("%s: told of %v, %v, want %q", step.name, u.Credentials, u.Err, step.told)
		}
	}
	if len(told) > 0 {
		t.Errorf("told of %v besides", <-told)
	}
}

func TestProfileByName(t *testing.T) {
	env := environment(disk{"/home/me/.aws/config": "[profile region]\nregion = eu-central-1\n"}, map[string]string{
		"HOME": "/home/me", "AWS_ACCESS_KEY_ID": "FROM-ENV", "AWS_SECRET_ACCESS_KEY": "s",
	})
	for profile, want := range map[string]string{"none": "no such profile", "region": "credential"} {
		got, err := standard.NewSources(env).Provider(standard.Options{Profile: profile}).Retrieve(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/home/me/.aws/config") {
			t.Errorf("profile %s: %v, %v; want an error, and not the environment's key", profile, got, err)
		}
	}
}
