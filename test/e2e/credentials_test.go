package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// keysScript prints keys that the S3 server takes and that end in four seconds, and leaves a mark for
// each time it runs.
func keysScript() string {
	keys := testenv.RoleKeys()
	return fmt.Sprintf(`#!/bin/sh
echo run >>"$HOME/runs"
cat <<end
{"Version": 1, "AccessKeyId": %q, "SecretAccessKey": %q, "SessionToken": %q,
 "Expiration": "$(date -u -d '+4 seconds' +%%Y-%%m-%%dT%%H:%%M:%%SZ)"}
end
`, keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken)
}

// TestCredentialProcess has Fluent Bit's home configure a credential_process, whose keys live for four
// seconds: it is run again and again in Fluent Bit's process, whose threads and signal handlers are
// Fluent Bit's, and no upload goes without a key that lives.
func TestCredentialProcess(t *testing.T) {
	needWorld(t)
	t.Parallel()
	bucket := newBucket(t)
	p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
	p.output = append(p.output, testenv.Property{Name: "upload_timeout", Value: "1s"})
	program := filepath.Join(p.dir, "keys.sh")
	if err := os.WriteFile(program, []byte(keysScript()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(p.dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, ".aws", "config"),
		[]byte("[default]\ncredential_process = "+program+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	load := startLoad(p.dir, p.streams...)
	f := p.start(t)
	f.until(t, "the keys were fetched five times", func() bool { return runs(p.dir) >= 5 })
	lines := load.end(t)
	f.until(t, "all lines are there", func() bool { return count(t, bucket, lines...).Complete() })
	if n := zombies(t, f.PID()); n > 0 {
		t.Errorf("%d children of Fluent Bit are dead and not buried", n)
	}
	f.stop(t)
	log := f.Log()
	if !strings.Contains(log, "ready: ") || !strings.Contains(log, "from process") {
		t.Error("the log does not tell of the credentials' source")
	}
	for _, unwanted := range []string{"upload failed", "refused the credentials", "no AWS credentials",
		testenv.RoleKeys().SessionToken} {
		if strings.Contains(log, unwanted) {
			t.Errorf("the log says %q", unwanted)
		}
	}
}

// runs is how often the script has run.
func runs(dir string) int {
	b, _ := os.ReadFile(filepath.Join(dir, "runs"))
	return bytes.Count(b, []byte("\n"))
}

// zombies counts the children of a process that have ended and were not waited for.
func zombies(t *testing.T, parent int) (n int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, fields, _ := strings.Cut(string(b), ") ") // after the name in parentheses
		if strings.HasPrefix(fields, fmt.Sprintf("Z %d ", parent)) {
			n++
		}
	}
	return n
}
