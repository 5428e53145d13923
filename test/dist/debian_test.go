package dist

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

const bucketName = "my-logs" // of the packaged example

// list writes into a file which files there are, but those that Debian itself keeps about packages and its own running.
func list(file string) string {
	return `(find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /root -o -path /var/tmp ` +
		`-o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /var/lib/systemd ` +
		`-o -path /var/lib/private -o -path /var/backups \) -prune -o -print | sort; md5sum /etc/fluent-bit/*) >` + file
}

// TestDebian installs the package beside Fluent Bit's, ships an object, runs the sidecar, removes it and purges it.
func TestDebian(t *testing.T) {
	sluice, fluentBit := sluicePackage(t, "fluent-bit-sluice_*_"+runtime.GOARCH+".deb"), fluentBitPackage(t)
	m := startMachine(t)
	s3 := startS3(t, m)

	m.copy(fluentBit, sluice)
	m.run("dpkg -i /root/fluent-bit.deb")
	m.run(list("/root/before"))
	keepsUnsent(t, m)
	m.run("dpkg -i /root/fluent-bit-sluice_*.deb && cat /etc/fluent-bit/plugins.conf")
	if got := m.run("stat -c '%a %U' /var/lib/fluent-bit/sluice"); got != "700 root" {
		t.Errorf("the spool has mode and owner %s, want 700 root", got)
	}
	m.run("sluice version && man -w sluice-check 2>/dev/null || ls /usr/share/man/man1/sluice-check.1.gz")
	m.run("systemctl daemon-reload && systemd-analyze verify --man=no fluent-bit.service sluice-serve.service")

	ships(t, m, s3)
	serves(t, m)

	// Once more, as an upgrade; then away. The journal stays until the purge.
	m.run("dpkg -i /root/fluent-bit-sluice_*.deb && [ $(grep -c out_sluice /etc/fluent-bit/plugins.conf) = 1 ]")
	m.run("dpkg -r fluent-bit-sluice && ls /var/lib/fluent-bit/sluice")
	m.run("dpkg -P fluent-bit-sluice && rm -f /etc/default/fluent-bit && rm -r /etc/sluice")
	m.run("cp /root/fluent-bit.conf.orig /etc/fluent-bit/fluent-bit.conf")
	m.run(list("/root/after"))
	if _, err := m.try("diff /root/before /root/after"); err != nil {
		t.Error("purging has left or taken files")
	}
	m.run("systemctl daemon-reload && systemctl start fluent-bit && systemctl is-active fluent-bit")
}

// ships starts Fluent Bit with the packaged configuration and waits for an object.
func ships(t *testing.T, m machine, s3 *testenv.S3) {
	t.Helper()
	m.run("cp /etc/fluent-bit/fluent-bit.conf /root/fluent-bit.conf.orig")
	m.run("cp /usr/share/sluice/examples/fluent-bit.conf /etc/fluent-bit/")
	m.run("sluice check /etc/fluent-bit/fluent-bit.conf")
	m.copy(environment(t, s3)) // whose keys are in no log
	m.run("mv /root/fluent-bit.env /etc/default/fluent-bit")
	started := time.Now()
	m.run("systemctl start fluent-bit")
	bucket := s3.Bucket(bucketName)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := testenv.Wait(ctx, nil, func() bool {
		objects, err := bucket.List(ctx)
		return err == nil && len(objects) > 0
	}); err != nil {
		t.Fatalf("no object: %v\n%s", err, m.journal())
	}
	t.Logf("the first object was there after %.0f s", time.Since(started).Seconds())
	m.run("sluice spool ls /var/lib/fluent-bit/sluice")
	if got := m.run("systemctl show fluent-bit -p TimeoutStopUSec --value"); got != "1min 30s" {
		t.Errorf("TimeoutStopSec is %s: the drop-in is not in force", got)
	}
	m.run("systemctl stop fluent-bit && [ $(systemctl show fluent-bit -p Result --value) = success ]")
}

// environment writes what Fluent Bit's unit needs to reach the S3 server.
func environment(t *testing.T, s3 *testenv.S3) (file string) {
	t.Helper()
	keys := testenv.OwnerKeys()
	file = filepath.Join(t.TempDir(), "fluent-bit.env")
	text := fmt.Sprintf("AWS_ENDPOINT_URL=%s\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n",
		s3.Endpoint, keys.AccessKeyID, keys.SecretAccessKey)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// keepsUnsent purges a package whose spool has a segment.
func keepsUnsent(t *testing.T, m machine) {
	t.Helper()
	m.run("dpkg -i /root/fluent-bit-sluice_*.deb && mkdir /var/lib/fluent-bit/sluice/a")
	m.run("echo unsent >/var/lib/fluent-bit/sluice/a/1.sealed")
	if said := m.run("dpkg -P fluent-bit-sluice"); !strings.Contains(said, "sluice spool push") {
		t.Error("purging does not say how the records can be sent")
	}
	m.run("grep unsent /var/lib/fluent-bit/sluice/a/1.sealed && rm -r /var/lib/fluent-bit")
}

// serves runs the sidecar's unit: systemd believes that it is ready, and hears that it is alive.
func serves(t *testing.T, m machine) {
	t.Helper()
	m.run(`mkdir -p /etc/sluice && cat >/etc/sluice/sluice.yaml <<'end'
services:
  app:
    auth_token_sha256: "` + testTokenHash + `"
    pass_through: true
    source_credentials: {iam_keys: {aws_access_key_id: AKIAIOSFODNN7EXAMPLE, aws_secret_access_key: a-secret-of-a-test}}
end`)
	m.run("systemctl start sluice-serve && systemctl is-active sluice-serve")
	answer := m.run("curl -sS -H 'Authorization: " + testToken + "' http://localhost:1338/v1/credentials")
	if !strings.Contains(answer, "AKIAIOSFODNN7EXAMPLE") {
		t.Errorf("the sidecar answers %q, want a key", answer)
	}
	first := m.run("systemctl show sluice-serve -p WatchdogTimestampMonotonic --value")
	m.wait("[ $(systemctl show sluice-serve -p WatchdogTimestampMonotonic --value) != " + first + " ]")
	m.run("systemctl reload sluice-serve && systemctl is-active sluice-serve")
	m.run("systemd-analyze security --threshold=20 sluice-serve >/root/security || { cat /root/security; exit 1; }")
	m.run("tail -n 1 /root/security")
	m.run("systemctl stop sluice-serve && [ $(systemctl show sluice-serve -p Result --value) = success ]")
}

// The sidecar's token, and its SHA-256.
const (
	testToken     = "a-token-of-some-length"
	testTokenHash = "4f0d205b316ab19696f52d3dc08107a4186c12b117a2a23581353b462001edee"
)

// startS3 starts an S3 server that a machine reaches.
func startS3(t *testing.T, m machine) *testenv.S3 {
	t.Helper()
	t.Chdir(".") // the S3 server changes the working directory: back at the end
	gateway := local(t, "docker", "inspect", "-f", "{{.NetworkSettings.Gateway}}", m.id)
	s3, err := testenv.StartS3(testenv.S3Config{
		Dir: t.TempDir(), Bucket: bucketName, Addr: net.JoinHostPort(gateway, freePort(t, gateway)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s3.Close() })
	return s3
}

func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
