package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sluice/test/testenv"
)

// fluentBit is a running Fluent Bit.
type fluentBit struct {
	*testenv.Process
	monitor string
}

// start runs a pipeline. Its log is shown if the test fails.
func (p pipeline) start(t *testing.T) fluentBit {
	t.Helper()
	return p.startIn(t, nil)
}

// startIn is start with some variables of the environment.
func (p pipeline) startIn(t *testing.T, env []string) fluentBit {
	t.Helper()
	monitor, err := testenv.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	f := launchIn(t, p.dir, env, "-c", p.write(t, monitor))
	f.monitor = monitor
	return f
}

// launch runs Fluent Bit with the plugin and these arguments.
func launch(t *testing.T, dir string, args ...string) fluentBit {
	t.Helper()
	return launchIn(t, dir, nil, args...)
}

// launchIn is launch with some variables of the environment.
func launchIn(t *testing.T, dir string, env []string, args ...string) fluentBit {
	t.Helper()
	if world.plugin != "" {
		args = append([]string{"-e", world.plugin}, args...)
	}
	p, err := testenv.Start(testenv.Command{
		Path: world.program, Args: args, Dir: dir, Log: filepath.Join(dir, "fluent-bit.log"),
		Env: append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("Fluent Bit's log:\n%s", ends(p.Log()))
		}
	})
	return fluentBit{Process: p}
}

// ends cuts the middle out of a long log.
func ends(log string) string {
	const half = 15_000
	if len(log) <= 2*half {
		return log
	}
	return log[:half] + "\n[...]\n" + log[len(log)-half:]
}

// until waits for a condition while Fluent Bit lives.
func (f fluentBit) until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	f.untilIn(t, patience, what, ready)
}

// untilIn is until with a bound of its own.
func (f fluentBit) untilIn(t *testing.T, bound time.Duration, what string, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	if err := testenv.Wait(ctx, f.Done(), ready); err != nil {
		t.Fatalf("wait until %s: %v", what, err)
	}
}

// listens is whether Fluent Bit's own HTTP server answers: the pipeline runs.
func (f fluentBit) listens() bool {
	resp, err := get("http://" + f.monitor + "/api/v1/uptime")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// get asks Fluent Bit, whose server may accept a connection and never answer during a reload.
func get(url string) (*http.Response, error) {
	client := http.Client{Timeout: 10 * time.Second}
	return client.Get(url)
}

// answered is how many records Fluent Bit has an answer for since its last start or reload.
func (f fluentBit) answered() int { return testenv.Answered(f.monitor) }

// reloads is how often Fluent Bit has reloaded.
func (f fluentBit) reloads() int {
	resp, err := get("http://" + f.monitor + "/api/v2/reload")
	if err != nil {
		return -1 // its server starts again with each reload
	}
	defer resp.Body.Close()
	var answer struct {
		Count int `json:"hot_reload_count"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return -1
	}
	return answer.Count
}

// reload asks for a hot reload.
func (f fluentBit) reload(t *testing.T) {
	t.Helper()
	if err := f.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// stop ends Fluent Bit as a service manager does, and wants exit code 0.
func (f fluentBit) stop(t *testing.T) {
	t.Helper()
	f.stopWithin(t, patience)
}

// stopWithin is stop with a bound of its own. It returns how long it took.
func (f fluentBit) stopWithin(t *testing.T, bound time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	if err := f.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	select {
	case <-f.Done():
	case <-ctx.Done():
		t.Fatalf("Fluent Bit has not ended %s after SIGTERM", bound)
	}
	if err := f.Wait(); err != nil {
		t.Fatalf("Fluent Bit's end after SIGTERM: %v", err)
	}
	return time.Since(began)
}
