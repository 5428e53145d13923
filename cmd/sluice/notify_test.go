package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNotify: systemd hears when the sidecar listens, that it lives, and when it begins to stop.
func TestNotify(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"sluice.yaml": `
server: {listeners: [{address: "127.0.0.1:0"}]}
metrics: {prometheus: {enabled: false}}
services: {app: {auth_token: a-token-of-some-length, pass_through: true}}
`})
	socket := filepath.Join(dir, "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	hear := func() string {
		buf := make([]byte, 100)
		n, err := systemd.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	env := keys.and(vars{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "2000"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--config", filepath.Join(dir, "sluice.yaml")}, env.getenv,
			strings.NewReader(""), io.Discard, io.Discard)
	}()
	heard := map[string]int{}
	for heard["READY=1"] == 0 || heard["WATCHDOG=1"] < 3 {
		heard[hear()]++
	}
	stop()
	for heard["STOPPING=1"] == 0 {
		heard[hear()]++
	}
	if code := <-ended; code != exitDone {
		t.Errorf("exit code %d, want 0", code)
	}
	if heard["READY=1"] != 1 {
		t.Errorf("systemd heard READY %d times, want once", heard["READY=1"])
	}
}

func TestSupervisor(t *testing.T) {
	const pid = 42
	for _, test := range []struct {
		env  vars
		want time.Duration
	}{
		{vars{}, 0},
		{vars{"NOTIFY_SOCKET": "@x"}, 0},
		{vars{"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000"}, 15 * time.Second},
		{vars{"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": strconv.Itoa(pid)}, 15 * time.Second},
		{vars{"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0}, // meant for another process
		{vars{"WATCHDOG_USEC": "30000000"}, 0},
		{vars{"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "soon"}, 0},
	} {
		if got := newSupervisor(test.env.getenv, pid, slog.New(slog.DiscardHandler)).interval; got != test.want {
			t.Errorf("with %v the interval is %v, want %v", test.env, got, test.want)
		}
	}
}
