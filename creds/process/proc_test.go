package process_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/process"
)

// guarded runs a provider and fails if it hangs, shows the secret, or leaves a zombie or anything alive in its process
// group. It expects as many processes outside the group as strays, and kills them.
func guarded(ctx context.Context, t *testing.T, p process.Provider, strays int) (creds.Credentials, error) {
	t.Helper()
	mark := "SLUICE_TEST=" + t.TempDir() // in the environment of all descendants
	p.Environ = append(os.Environ(), "KEYS="+openKeys, mark)
	type result struct {
		found creds.Credentials
		err   error
	}
	done := make(chan result, 1)
	go func() {
		found, err := p.Retrieve(ctx)
		done <- result{found, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: hangs", p.Command)
	}
	if r.err != nil && strings.Contains(fmt.Sprintf("%v %+v", r.err, r.err), secretKey) {
		t.Errorf("%s: a secret is in %v", p.Command, r.err)
	}
	if r.err != nil && r.found != (creds.Credentials{}) {
		t.Errorf("%s: got credentials %v and the error %v", p.Command, r.found, r.err)
	}
	if runtime.GOOS == "linux" {
		noZombie(t)
		killStrays(t, mark, strays)
	}
	return r.found, r.err
}

// noZombie looks for children of this process that were not reaped.
func noZombie(t *testing.T) {
	t.Helper()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, _ := os.ReadFile(path) // "pid (name) state parent group …"
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			t.Errorf("a zombie is left: %s", stat)
		}
	}
}

// killStrays waits until as many processes as wanted have the mark, since a killed one may need a moment to disappear.
func killStrays(t *testing.T, mark string, want int) {
	t.Helper()
	var left []int
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if left = marked(mark); len(left) == want {
			break
		}
	}
	if len(left) != want {
		t.Errorf("processes %v are left, want %d", left, want)
	}
	for _, pid := range left {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// marked returns the processes with the mark in their environment. A zombie has no environment.
func marked(mark string) []int {
	var found []int
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		environ, _ := os.ReadFile(path)
		if bytes.Contains(environ, []byte(mark)) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found = append(found, pid)
		}
	}
	return found
}
