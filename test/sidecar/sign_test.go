package sidecar

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// signing is where the sidecar signs.
const signing = "http://127.0.0.1:9200/" + bucket

// serveSigning starts a sidecar that signs for the S3 server, with a role's keys.
func serveSigning(t *testing.T, role string) *serving {
	t.Helper()
	return serve(t, owner()+fmt.Sprintf(`server:
  listeners:
  - {address: "127.0.0.1:1338"}
  - address: 127.0.0.1:9200
    faces: [sign]
    service: signer
    sign: {service: s3, region: us-east-1, upstream: %q}
services:
`, world.s3.Endpoint)+service("signer", tokenOf("signer"), role))
}

// TestSign: clients that sign nothing store and read objects through the face sign, and the S3 server verifies each
// request. Keys end meanwhile, and no request is refused.
func TestSign(t *testing.T) {
	needWorld(t)
	role := newRole()
	s := serveSigning(t, role)
	for target, key := range map[string]string{
		"/sign/plain": "sign/plain", "/sign/with%20space": "sign/with space", "/sign/plus+sign": "sign/plus+sign",
		"/sign/plus%2Bcoded": "sign/plus+coded", "/sign/%C3%BCml%C3%A4ut": "sign/ümläut", "/sign/ሴ": "sign/ሴ",
		"/sign/percent%2525": "sign/percent%25", "/sign/tilde~!*'()": "sign/tilde~!*'()",
		"/sign/a=b&c;d,e@f$":    "sign/a=b&c;d,e@f$",
		"/sign/question%3Fmark": "sign/question?mark", "/sign/%7Etilde": "sign/~tilde", "/sign/hash%23": "sign/hash#",
		"/sign/[brackets]{braces}|^": "sign/[brackets]{braces}|^", "/sign/colon:quote%22": `sign/colon:quote"`,
	} {
		body := []byte("the content of " + key)
		if status, answer := send(t, http.MethodPut, signing+target, body); status != http.StatusOK {
			t.Errorf("PUT %s: %d %s", target, status, answer)
			continue
		}
		if stored, err := world.s3.Bucket(bucket).Read(t.Context(), key); err != nil || !bytes.Equal(stored, body) {
			t.Errorf("%s is stored as %q, %v", key, stored, err)
		}
		status, answer := send(t, http.MethodGet, signing+target, nil)
		if status != http.StatusOK || answer != string(body) {
			t.Errorf("GET %s: %d %.200s", target, status, answer)
		}
	}
	for query, want := range map[string]string{
		"?list-type=2&prefix=sign/with%20space": "<Key>sign/with space</Key>",
		"?list-type=2&prefix=sign/with+space":   "<Key>sign/with space</Key>",
		"?prefix=sign%2Fplus%2B&list-type=2":    "<Key>sign/plus+sign</Key>",
		"?uploads":                              "ListMultipartUploadsResult",
	} {
		status, answer := send(t, http.MethodGet, signing+query, nil)
		if status != http.StatusOK || !strings.Contains(answer, want) {
			t.Errorf("GET %s: %d %.300s, want %s", query, status, answer, want)
		}
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 16<<16) // 16 MiB
	if status, answer := send(t, http.MethodPut, signing+"/sign/large", large); status != http.StatusOK {
		t.Errorf("16 MiB: %d %s", status, answer)
	}
	stored, err := world.s3.Bucket(bucket).Read(t.Context(), "sign/large")
	if err != nil || !bytes.Equal(stored, large) {
		t.Errorf("16 MiB are stored as %d bytes, %v", len(stored), err)
	}
	loadThroughRotation(t, role)
	if strings.Count(s.Log(), `"request signed"`) < 30 {
		t.Error("the audit lacks requests")
	}
}

// loadThroughRotation stores objects until two keys more were used.
func loadThroughRotation(t *testing.T, role string) {
	before := len(world.sts.Used(role))
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for n := 0; len(world.sts.Used(role)) < before+2 && !t.Failed(); n++ {
				target := fmt.Sprintf("%s/sign/load/%d/%d", signing, i, n%20)
				if status, answer := send(t, http.MethodPut, target, []byte("x")); status != http.StatusOK {
					t.Errorf("PUT %s: %d %s", target, status, answer)
				}
			}
		})
	}
	clients.Wait()
}

// send sends an unsigned request, with the target as it stands.
func send(t *testing.T, method, url string, body []byte) (status int, answer string) {
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(text)
}

// TestSignCommands: curl and the AWS CLI without keys store through the face sign.
func TestSignCommands(t *testing.T) {
	needWorld(t)
	serveSigning(t, newRole())
	file := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("line\n"), 2<<20) // the CLI sends 10 MB in parts
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string][]string{
		"curl":    {"curl", "-sSf", "-T", file, signing + "/sign/curl"},
		"chunked": {"curl", "-sSf", "-H", "Transfer-Encoding: chunked", "-T", file, signing + "/sign/chunked"},
		"aws": {"/usr/bin/aws", "--no-sign-request", "--endpoint-url", "http://127.0.0.1:9200", "s3", "cp", file,
			"s3://" + bucket + "/sign/aws"},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := exec.LookPath(command[0])
			if err != nil {
				t.Skipf("%s is not installed: %v", command[0], err)
			}
			run := exec.Command(program, command[1:]...)
			run.Env = plain(t, nil)
			if said, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			stored, err := world.s3.Bucket(bucket).Read(t.Context(), "sign/"+name)
			if err != nil || !bytes.Equal(stored, content) {
				t.Errorf("%d bytes are stored, want %d: %v", len(stored), len(content), err)
			}
		})
	}
}
