// Package dist installs what "make dist" makes, as users do: the packages of this machine's
// architecture, in a Debian with systemd that runs in a container. It needs root, a Docker engine,
// debootstrap and the real Fluent Bit, and says so when it skips.
package dist

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// image is a Debian with systemd, rpm, and the libraries of Fluent Bit.
const image = "sluice-test-debian:bookworm-2"

const libraries = "systemd-sysv,dbus,libsqlite3-0,libssl3,libyaml-0-2,libstdc++6,ca-certificates,curl,rpm"

// patience is how long to wait for something that does not happen.
const patience = 2 * time.Minute

// machine is a running Debian.
type machine struct {
	t  *testing.T
	id string
}

// startMachine starts a Debian whose systemd is up, or skips the test where that cannot be.
func startMachine(t *testing.T) machine {
	t.Helper()
	for _, program := range []string{"docker", "debootstrap", "dpkg-deb"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("not root: no Debian can be made")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no Docker engine: %v: %s", err, out)
	}
	makeImage(t)
	// systemd needs its cgroups, and mounts for units that are shielded.
	out, err := exec.Command("docker", "run", "-d", "--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined",
		"--security-opt", "seccomp=unconfined", "--cgroupns", "host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup",
		"--tmpfs", "/run", "--tmpfs", "/tmp", image, "/sbin/init").CombinedOutput()
	if err != nil {
		t.Skipf("the engine starts no systemd: %v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	m := machine{t, lines[len(lines)-1]}
	t.Cleanup(func() { exec.Command("docker", "rm", "-f", m.id).Run() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := testenv.Wait(ctx, nil, func() bool {
		state, _ := exec.Command("docker", "exec", m.id, "systemctl", "is-system-running").Output()
		return strings.HasPrefix(string(state), "running") || strings.HasPrefix(string(state), "degraded")
	}); err != nil {
		t.Skipf("the engine runs no systemd: %v", err)
	}
	return m
}

// makeImage makes the image of Debian's packages, once: no registry is asked.
func makeImage(t *testing.T) {
	t.Helper()
	if exec.Command("docker", "image", "inspect", image).Run() == nil {
		return
	}
	root := t.TempDir()
	local(t, "debootstrap", "--variant=minbase", "--include="+libraries, "bookworm", root)
	local(t, "sh", "-c", "rm -rf "+root+"/var/cache/apt/archives/*.deb && tar -C "+root+" -c . | docker import -c "+
		"'ENV container=docker' - "+image)
}

// run runs a script in the machine and returns what it prints. What was typed and printed is in the test's log.
func (m machine) run(script string) string {
	m.t.Helper()
	out, err := m.try(script)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", script, err, m.journal())
	}
	return out
}

func (m machine) try(script string) (string, error) {
	m.t.Helper()
	out, err := exec.Command("docker", "exec", m.id, "sh", "-ec", script).CombinedOutput()
	m.t.Logf("# %s\n%s", script, out)
	return strings.TrimSpace(string(out)), err
}

// wait runs a script until it succeeds.
func (m machine) wait(script string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	err := testenv.Wait(ctx, nil, func() bool {
		return exec.Command("docker", "exec", m.id, "sh", "-ec", script).Run() == nil
	})
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", script, err, m.journal())
	}
}

func (m machine) journal() []byte {
	out, _ := exec.Command("docker", "exec", m.id, "journalctl", "--no-pager", "-n", "60").CombinedOutput()
	return out
}

// copy copies files into the machine's folder /root.
func (m machine) copy(files ...string) {
	m.t.Helper()
	for _, file := range files {
		local(m.t, "docker", "cp", file, m.id+":/root/"+filepath.Base(file))
	}
}

// local runs a program on this machine.
func local(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
