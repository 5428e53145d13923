package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// said is what one of the four voices says in a run.
type said struct {
	ok     bool
	remedy string // its first words
}

// TestSpeaks has five runs. In each the metrics, the log, "sluice status" and
// "sluice check --live" say what is wrong, and the same thing.
func TestSpeaks(t *testing.T) {
	needWorld(t)
	t.Parallel()
	if world.command == "" {
		t.Skip("the command has not been built")
	}
	for _, c := range []struct {
		name    string
		change  []testenv.Property
		env     []string
		remedy  string   // the first words of what everyone says, "" if all is well
		metrics []string // that are not 0
	}{
		{name: "healthy", metrics: []string{`objects_total,result="ok"`}},
		{name: "wrong bucket", change: []testenv.Property{{Name: "bucket", Value: "nobodys-bucket"}},
			remedy:  "create the bucket, or correct the property bucket",
			metrics: []string{`requests_total,operation="PutObject",class="client_error"`}},
		{name: "no keys", env: []string{"AWS_EC2_METADATA_DISABLED=true"},
			remedy: `run "sluice creds explain"`, metrics: []string{"credential_failures_total"}},
		{name: "S3 away", change: []testenv.Property{{Name: "endpoint", Value: "http://127.0.0.1:1"}},
			remedy: "start the S3 server, or correct the property endpoint", metrics: []string{"outage"}},
		{name: "spool full", change: []testenv.Property{{Name: "endpoint", Value: "http://127.0.0.1:1"},
			{Name: "store_dir_limit_size", Value: "3M"}},
			remedy:  "start the S3 server, or correct the property endpoint",
			metrics: []string{`deferred_chunks_total,reason="spool_full"`, `objects_total,result="error"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, newBucket(t), testenv.Orders(0))
			p.impatient = true
			p.output = testenv.Replaced(
				append(p.output, testenv.Property{Name: "upload_timeout", Value: "1s"}),
				c.change,
			)
			load := startLoad(p.dir, p.streams...)
			f := p.startIn(t, c.env)
			var values map[string]float64
			f.until(t, "the metrics say it", func() bool {
				values = f.scrape(t)
				all := (metric(values, "healthy", "") == 1) == (c.remedy == "")
				for _, name := range c.metrics {
					name, labels, _ := strings.Cut(name, ",")
					all = all && metric(values, name, labels) > 0
				}
				return all
			})
			if errors := values[`fluentbit_output_errors_total{name="sluice.0"}`]; c.remedy == "" && errors != 0 {
				t.Errorf("Fluent Bit's own errors_total is %v though nothing is wrong", errors)
			}
			log := f.Log()
			status := f.askStatus(t, p, c.env)
			live := checkLive(t, filepath.Join(p.dir, "fluent-bit.conf"), p.dir, c.env)
			load.end(t)
			t.Logf("status: %+v\nlive: %+v", status, live)
			if c.remedy == "" {
				ready := strings.Contains(log, "ready: the first object comes at")
				if !ready || !status.OK || status.Remedy != "" || !live.ok {
					t.Errorf("all is well, and the log or one of these says something else: %+v, %+v", status, live)
				}
				return
			}
			if !strings.Contains(log, "[output:sluice:sluice.0] "+c.remedy) {
				t.Errorf("the log has no line that begins with %q", c.remedy)
			}
			if status.OK || !strings.HasPrefix(status.Remedy, c.remedy) {
				t.Errorf("status: %+v, want %q", status, c.remedy)
			}
			if live.ok || !strings.Contains(live.remedy, c.remedy) {
				t.Errorf("check --live: %+v, want %q", live, c.remedy)
			}
		})
	}
}

// outputStatus is what of "sluice status --json" matters here.
type outputStatus struct {
	OK        bool   `json:"ok"`
	LastError string `json:"last_error"`
	Remedy    string `json:"remedy"`
	Running   bool   `json:"running"`
}

// askStatus asks the running output.
func (f fluentBit) askStatus(t *testing.T, p pipeline, env []string) (s outputStatus) {
	t.Helper()
	// It fails if anything is wrong.
	out, _ := command(p.dir, env, "status", "--json", filepath.Join(p.dir, "store")).Output()
	if err := json.Unmarshal(out, &s); err != nil || !s.Running {
		t.Errorf("sluice status: %s, %v", out, err)
	}
	return s
}

// checkLive checks a configuration and asks its servers.
func checkLive(t *testing.T, file, dir string, env []string) said {
	t.Helper()
	out, err := command(dir, env, "check", "--live", file).CombinedOutput()
	return said{ok: err == nil, remedy: string(out)}
}

// command is the command "sluice" in Fluent Bit's environment.
func command(dir string, env []string, args ...string) *exec.Cmd {
	c := exec.Command(world.command, args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	return c
}

// TestLogFile has lines of the plugin's goroutines in Fluent Bit's log_file, in order and in its
// form, and none on stderr.
func TestLogFile(t *testing.T) {
	needWorld(t)
	t.Parallel()
	p := newPipeline(t, newBucket(t), testenv.Orders(0))
	p.logFile = filepath.Join(p.dir, "log")
	p.output = append(p.output, testenv.Property{Name: "upload_timeout", Value: "1s"})
	load := startLoad(p.dir, p.streams...)
	f := p.start(t)
	read := func() string {
		text, err := os.ReadFile(p.logFile)
		if err != nil {
			return ""
		}
		return string(text)
	}
	f.until(t, "an object is in the log file", func() bool { return strings.Contains(read(), "stored object") })
	load.end(t)
	f.stop(t)
	if log := read(); !strings.Contains(log, "ready: the first object comes at") {
		t.Errorf("the log file is\n%s", log)
	}
	if strings.Contains(f.Log(), "[output:sluice:") {
		t.Errorf("on stderr there is\n%s", f.Log())
	}
}
