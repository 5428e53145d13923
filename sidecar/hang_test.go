package sidecar

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"sluice/internal/slowfs"
)

// hang has the files of a bench hang whose names begin with "hung", until answer is called or their
// reader is stopped. asked has a value for each read of one.
func (b *testServer) hang() (asked <-chan string, answer context.CancelFunc) {
	all := make(chan string, 100)
	answered, answer := context.WithCancel(context.Background())
	read := b.opts.Environment.ReadFile
	b.opts.Environment.ReadFile = func(ctx context.Context, path string) ([]byte, error) {
		if !strings.HasPrefix(filepath.Base(path), "hung") {
			return read(ctx, path)
		}
		all <- path
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-answered.Done():
			return nil, &fs.PathError{Op: "read", Path: path, Err: slowfs.ErrNoAnswer}
		}
	}
	return all, answer
}

// TestBadFileDelaysNoOther: what cannot be read is reported, and the other files are
// applied and revoked all the same.
func TestBadFileDelaysNoOther(t *testing.T) {
	b := newTestServer(t, withFolder+one)
	at := func(name string) string { return filepath.Join(b.dir, name) }
	write(t, at("victim.yaml"), dynamicService("victim", planted+"-token-of-victim"))
	b.files.reload(t.Context())
	if err := syscall.Mkfifo(at("a.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"b.yaml": "/dev/zero", "c.yaml": "."} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, at("d.yaml"), strings.Repeat("#", slowfs.MaxFileSize+1))
	write(t, at("e.yaml"), "services: {e: {auth_token: '${fromFile:/dev/zero}', pass_through: true}}")
	write(t, at("z.yaml"), dynamicService("z", tokenTwo))
	remove(t, at("victim.yaml"))
	b.files.reload(t.Context())
	if status, _ := b.get(planted + "-token-of-victim"); status != 401 {
		t.Errorf("the removed file's token: %d, want 401", status)
	}
	if status, _ := b.get(tokenTwo); status != 200 {
		t.Errorf("the new file's token: %d, want 200", status)
	}
	for _, want := range []string{
		"a.yaml: it is a named pipe", "b.yaml: it is a device", "c.yaml: it is a folder", "d.yaml: it is larger than",
		"names the file /dev/zero, which cannot be read (it is a device and not a regular file)",
	} {
		if n := strings.Count(b.log.String(), want); n != 1 {
			t.Errorf("the log has %q %d times, want once", want, n)
		}
	}
}

// TestRemovalWhileAFileHangs: a removal takes effect while a reload waits for another
// file, and stays in effect when the reload has ended. So does a file's new name.
func TestRemovalWhileAFileHangs(t *testing.T) {
	b := newTestServer(t, withFolder+one)
	at := func(name string) string { return filepath.Join(b.dir, name) }
	const victim, renamed = planted + "-token-of-victim", planted + "-token-of-renamed"
	write(t, at("victim.yaml"), dynamicService("victim", victim))
	write(t, at("m.yaml"), dynamicService("renamed", renamed))
	b.files.reload(t.Context())
	_, key := b.get(renamed)
	asked, answer := b.hang()
	write(t, at("new.yaml"), dynamicService("new", tokenTwo))
	write(t, at("hung.yaml"), "")
	var both sync.WaitGroup
	both.Go(func() { b.files.reload(t.Context()) })
	<-asked
	remove(t, at("victim.yaml"))
	if err := os.Rename(at("m.yaml"), at("n.yaml")); err != nil {
		t.Fatal(err)
	}
	both.Go(func() { b.files.revokeMissing(t.Context()) })
	<-asked // both wait: the file that hangs may be the new name of one that is gone
	answer()
	both.Wait()
	check := func(when string) {
		t.Helper()
		if status, _ := b.get(victim); status != 401 {
			t.Errorf("%s: the removed file's token: %d, want 401", when, status)
		}
		if status, now := b.get(renamed); status != 200 || now != key {
			t.Errorf("%s: the renamed file's token: %d %s, want its key as before, %s", when, status, now, key)
		}
	}
	check("after the reload")
	if status, _ := b.get(tokenTwo); status != 200 {
		t.Errorf("the new file's token: %d, want 200", status)
	}
	b.files.reload(t.Context())
	check("after another reload")
}

// TestRenameDuringReload: a file that is renamed after its folder was listed and before
// it is read stays in force.
func TestRenameDuringReload(t *testing.T) {
	b := newTestServer(t, withFolder+one)
	old, renamed := filepath.Join(b.dir, "a.yaml"), filepath.Join(b.dir, "b.yaml")
	write(t, old, dynamicService("a", tokenTwo))
	b.files.reload(t.Context())
	_, key := b.get(tokenTwo)
	read := b.opts.Environment.ReadFile
	b.opts.Environment.ReadFile = func(ctx context.Context, path string) ([]byte, error) {
		if path == old {
			os.Rename(old, renamed)
		}
		return read(ctx, path)
	}
	b.files.reload(t.Context())
	if status, now := b.get(tokenTwo); status != 200 || now != key {
		t.Errorf("its token: %d %s, want its key as before, %s", status, now, key)
	}
}

// TestStopWhileAFileHangs: a stop does not wait for a read that hangs, and nothing is
// revoked by it.
func TestStopWhileAFileHangs(t *testing.T) {
	b := newTestServer(t, strings.Replace(withFolder, "enabled: true", "enabled: true, reload_interval: 1", 1)+one)
	write(t, filepath.Join(b.dir, "a.yaml"), dynamicService("a", tokenTwo))
	b.files.reload(t.Context())
	asked, answer := b.hang()
	defer answer()
	write(t, filepath.Join(b.dir, "hung.yaml"), "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.files.watch(ctx)
	}()
	<-asked
	stop()
	<-ended
	if status, _ := b.get(tokenTwo); status != 200 {
		t.Errorf("a service that was in force: %d, want 200", status)
	}
	if strings.Contains(b.log.String(), "hung.yaml") {
		t.Errorf("the log blames a file for the stop:\n%s", b.log)
	}
}
