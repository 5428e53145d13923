package sidecar

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds/sign/signtest"
	"sluice/test/testenv"
)

// TestSignPrometheus: Prometheus, which is told nothing of AWS, writes to a service that verifies signatures.
func TestSignPrometheus(t *testing.T) {
	needWorld(t)
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skipf("Debian's package prometheus is not installed: %v", err)
	}
	var written atomic.Int64
	keys := testenv.OwnerKeys()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		signed, err := signtest.Verify(r, signtest.Hash(body),
			[]signtest.Key{{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}}, time.Now())
		if err != nil || signed.Service != "aps" || r.URL.Path != "/workspaces/ws-1/api/v1/remote_write" ||
			r.Header.Get("Content-Encoding") != "snappy" {
			t.Errorf("%s: %+v, %v", r.URL, signed, err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		written.Add(1)
	}))
	defer upstream.Close()
	s := serve(t, owner()+fmt.Sprintf(`server:
  listeners:
  - {address: "127.0.0.1:1338"}
  - address: 127.0.0.1:9200
    faces: [sign]
    service: metrics
    sign: {service: aps, region: us-east-1, upstream: %q}
services:
  metrics: {auth_token: %s, pass_through: true}
`, upstream.URL, tokenOf("metrics")))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "prometheus.yml"), `
global: {scrape_interval: 1s}
scrape_configs:
- {job_name: itself, static_configs: [{targets: ['127.0.0.1:9091']}]}
remote_write:
- url: http://127.0.0.1:9200/workspaces/ws-1/api/v1/remote_write
  queue_config: {batch_send_deadline: 1s}
`)
	p, err := testenv.Start(testenv.Command{
		Path: program,
		Args: []string{"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--web.listen-address=127.0.0.1:9091",
			"--storage.tsdb.path=" + filepath.Join(dir, "data")},
		Log: filepath.Join(dir, "log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	wait(t, s, func() bool { return written.Load() >= 2 })
	if strings.Contains(s.Log(), `"status":403`) {
		t.Error("a request was refused")
	}
}
