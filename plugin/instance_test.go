package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestFolderName(t *testing.T) {
	for name, want := range map[string]string{
		"orders":     "orders",
		"sluice.0":   "sluice.0",
		"a/b\\c:d":   "a_b_c_d",
		"line\nfeed": "line_feed",
		".":          "_",
		"..":         "_",
		"..x":        "..x",
	} {
		if got := folderName(name); got != want {
			t.Errorf("folderName(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestServePprof serves profiles until its context ends, and names the property if it cannot.
func TestServePprof(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	i := &instance{}
	if err := i.servePprof(t.Context(), address); err == nil || !strings.Contains(err.Error(), "pprof_listen") {
		t.Errorf("on a port that is in use: %v, want an error that names pprof_listen", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	i.servePprofOn(ctx, listener)
	answer, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/goroutine?debug=1", address))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.Body.Close() != nil || !strings.Contains(string(body), "goroutine profile") {
		t.Errorf("profile: %.60q, %v", body, err)
	}
	cancel()
	i.background.Wait() // ends with the context
}
