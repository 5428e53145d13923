package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProbe(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		want int
	}{
		{"-mode=http -port=PORT -endpoint=/health", exitDone}, // CredProxy's Compose files
		{"-port PORT", exitDone},
		{"http://localhost:PORT/health", exitDone},
		{"-v -user-agent=x -connect-timeout=5s -rpc-timeout=5s -port=PORT -endpoint=health", exitDone},
		{"-port=PORT -endpoint=/other", probeUnhealthy},
		{"-port=1", probeUnreachable},
		{"-mode=grpc -port=PORT", probeUsage},
		{"-unknown", probeUsage},
		{"http://[", probeUsage},
	} {
		var stdout, stderr bytes.Buffer
		args := strings.Fields(strings.ReplaceAll(test.args, "PORT", port))
		if got := probe(t.Context(), args, &stdout, &stderr); got != test.want {
			t.Errorf("lprobe %s: exit code %d, want %d: %s", test.args, got, test.want, &stderr)
		}
	}
}
