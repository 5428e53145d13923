package dist

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestRPM installs, upgrades and erases the package with rpm, on the same Debian: no image of a distribution with RPM
// can be made without its mirror. Dependencies are not resolved, since none of Debian's packages is known to rpm.
func TestRPM(t *testing.T) {
	architecture := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	sluice, fluentBit := sluicePackage(t, "fluent-bit-sluice-*."+architecture+".rpm"), fluentBitPackage(t)
	newer := newerRPM(t)
	m := startMachine(t)
	m.copy(fluentBit, sluice, newer)
	m.run("dpkg -i /root/fluent-bit.deb && mv /root/" + filepath.Base(newer) + " /root/newer.rpm")
	m.run("rpm --initdb")
	m.run(list("/root/before"))

	m.run("rpm -i --nodeps /root/fluent-bit-sluice-*.rpm && cat /etc/fluent-bit/plugins.conf")
	m.run("rpm -V --nodeps fluent-bit-sluice") // owners, modes, sums of all files
	if got := m.run("stat -c '%a %U' /var/lib/fluent-bit/sluice"); got != "700 root" {
		t.Errorf("the spool has mode and owner %s, want 700 root", got)
	}
	m.run("sluice version && systemd-analyze verify --man=no fluent-bit.service sluice-serve.service")
	m.run("sluice check /usr/share/sluice/examples/fluent-bit.conf")

	m.run("mkdir /var/lib/fluent-bit/sluice/a && echo unsent >/var/lib/fluent-bit/sluice/a/1.sealed")
	m.run("rpm -U --nodeps /root/newer.rpm && rpm -V --nodeps fluent-bit-sluice && rpm -q fluent-bit-sluice")
	m.run("[ $(grep -c out_sluice /etc/fluent-bit/plugins.conf) = 1 ]")
	if said := m.run("rpm -e fluent-bit-sluice 2>&1"); !strings.Contains(said, "sluice spool push") {
		t.Error("erasing does not say how the records in the spool can be sent")
	}
	m.run("grep unsent /var/lib/fluent-bit/sluice/a/1.sealed && rm -r /var/lib/fluent-bit/sluice/a")

	m.run("rpm -i --nodeps /root/newer.rpm && rpm -e fluent-bit-sluice")
	m.run(list("/root/after"))
	if _, err := m.try("diff /root/before /root/after"); err != nil {
		t.Error("erasing has left or taken files")
	}
	m.run("systemctl daemon-reload && systemctl start fluent-bit && systemctl is-active fluent-bit")
}

// newerRPM packs what make dist has built as a later version.
func newerRPM(t *testing.T) (file string) {
	t.Helper()
	out := t.TempDir()
	local(t, "go", "-C", "../../packaging", "run", ".", "-version", "v99.0.0", "-epoch", "1700000000",
		"-platforms", "linux-"+runtime.GOARCH, "-out", out)
	found, err := filepath.Glob(filepath.Join(out, "*.rpm"))
	if err != nil || len(found) != 1 {
		t.Fatalf("there is not one package in %s: %v %v", out, found, err)
	}
	return found[0]
}
