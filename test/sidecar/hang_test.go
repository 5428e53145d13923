package sidecar

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/test/testenv"
)

// blocker puts something at a path that must not hold up anything else. asked reports whether a file system hangs
// since it was asked for the path; it is nil if none can.
type blocker struct {
	name string
	put  func(t *testing.T, path string) (asked func() bool)
}

func blockers() []blocker {
	link := func(t *testing.T, target, path string) {
		t.Helper()
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	return []blocker{
		{"pipe", func(t *testing.T, path string) func() bool {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			return nil
		}},
		{"endless", func(t *testing.T, path string) func() bool {
			link(t, "/dev/zero", path)
			return nil
		}},
		{"hung", func(t *testing.T, path string) func() bool {
			hung := mountHung(t)
			link(t, filepath.Join(hung.dir, "file"), path)
			return hung.asked
		}},
		{"hung-token", func(t *testing.T, path string) func() bool {
			hung := mountHung(t)
			token := filepath.Join(hung.dir, "token")
			write(t, path, "services: {z: {auth_token: '${fromFile:"+token+"}', pass_through: true}}")
			return hung.asked
		}},
	}
}

// TestBlockedFile: whatever is in a folder of services, a service is revoked when its file is removed, a new one
// is added, and SIGTERM ends the process.
func TestBlockedFile(t *testing.T) {
	needWorld(t)
	for _, blocker := range blockers() {
		t.Run(blocker.name, func(t *testing.T) {
			s := serve(t, owner()+watching("DIR/services")+
				"services:\n"+service("always", tokenOf("always"), newRole()))
			dir := filepath.Join(s.dir, "services")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			at := func(name string) string { return filepath.Join(dir, name) }
			status := func(service string) int {
				code, _ := get(t, "http://127.0.0.1:1338/v1/credentials", "Authorization: "+tokenOf(service))
				return code
			}
			write(t, at("victim.yaml"), "services:\n"+service("victim", tokenOf("victim"), newRole()))
			wait(t, s, func() bool { return status("victim") == 200 })
			blocker.put(t, at("zz.yaml"))
			wait(t, s, func() bool { return strings.Contains(s.Log(), at("zz.yaml")) })
			began := time.Now()
			remove(t, at("victim.yaml"))
			wait(t, s, func() bool { return status("victim") == 401 })
			t.Logf("revoked after %v", time.Since(began))
			began = time.Now()
			write(t, at("other.yaml"), "services:\n"+service("other", tokenOf("other"), newRole()))
			wait(t, s, func() bool { return status("other") == 200 })
			t.Logf("added after %v", time.Since(began))
			ends(t, s.Process)
		})
	}
}

// TestHungFolder: with a folder of services that hangs, the sidecar starts, reads its other folder and stops.
func TestHungFolder(t *testing.T) {
	needWorld(t)
	hung := mountHung(t)
	s := serve(t, owner()+watching(filepath.Join(hung.dir, "services"), "DIR/services")+
		"services:\n"+service("always", tokenOf("always"), newRole()))
	file := filepath.Join(s.dir, "services", "a.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	status := func() int {
		code, _ := get(t, "http://127.0.0.1:1338/v1/credentials", "Authorization: "+tokenOf("a"))
		return code
	}
	write(t, file, "services:\n"+service("a", tokenOf("a"), newRole()))
	wait(t, s, func() bool { return status() == 200 })
	remove(t, file)
	wait(t, s, func() bool { return status() == 401 })
	if !strings.Contains(s.Log(), "list "+hung.dir) {
		t.Error("the log does not name the folder")
	}
	ends(t, s.Process)
}

// TestBlockedStart: a start with a file that blocks fails and names the file, or is ended by SIGTERM.
func TestBlockedStart(t *testing.T) {
	needWorld(t)
	for _, blocker := range blockers() {
		t.Run(blocker.name, func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "config.yaml")
			asked := blocker.put(t, config)
			p, err := testenv.Start(testenv.Command{
				Path: world.program,
				Args: []string{"serve", "--config", config},
				Log:  filepath.Join(dir, "log"),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Kill)
			if asked != nil {
				wait(t, &serving{Process: p}, asked)
				ends(t, p)
			}
			select {
			case <-p.Done():
			case <-time.After(10 * time.Second):
				t.Fatal("it hangs")
			}
			if err := p.Wait(); err == nil || err.Error() != "exit status 1" || !strings.Contains(p.Log(), config) {
				t.Errorf("it ended with %v, and says %q: want exit status 1, and %s", err, p.Log(), config)
			}
		})
	}
}

// ends sends SIGTERM to a process and waits for its end.
func ends(t *testing.T, p *testenv.Process) {
	t.Helper()
	began := time.Now()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
		t.Logf("ended %v after SIGTERM", time.Since(began))
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM does not end it")
	}
}

// TestHangup: SIGHUP makes the sidecar read its files again, and does not end it.
func TestHangup(t *testing.T) {
	needWorld(t)
	s := serve(t, owner()+"services:\n"+service("always", tokenOf("always"), newRole()))
	for n := range 3 {
		if err := s.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		wait(t, s, func() bool { return strings.Count(s.Log(), `"msg":"reading the configuration again"`) == n+1 })
	}
	if status, _ := get(t, "http://127.0.0.1:1338/health"); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
