package main

import (
	"net"
	"strings"
	"testing"

	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// listenersAt makes listeners of addresses.
func listenersAt(addresses ...string) (all []config.Listener) {
	for _, address := range addresses {
		all = append(all, config.Listener{Address: address})
	}
	return all
}

func TestHideOwnAddresses(t *testing.T) {
	const (
		relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
		full     = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
		disabled = "AWS_EC2_METADATA_DISABLED"
	)
	for _, tt := range []struct {
		name      string
		env       map[string]string
		listeners []string
		changed   string // the variable that is another one, "" for none
		hidden    string // the address
	}{
		{"elsewhere", map[string]string{full: "http://localhost:1339/v1/credentials", relative: "/x"},
			[]string{"localhost:1338", "unix:/run/s"}, "", ""},
		{"EC2", nil, []string{"localhost:1338", "169.254.169.254:80"}, disabled, "169.254.169.254:80"},
		{"EC2 by IPv6", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
			[]string{"[fd00:ec2::254]:80"}, disabled, "[fd00:ec2::254]:80"},
		{"EC2's own is elsewhere", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://10.0.0.1"},
			[]string{"169.254.169.254:80"}, "", ""},
		{"EC2's own is named as ours", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"},
			[]string{"localhost:1338"}, disabled, "127.0.0.1:1338"},
		{"ECS", map[string]string{relative: "/v1/credentials"}, []string{"169.254.170.2:80"}, relative,
			"169.254.170.2:80"},
		{"EKS", map[string]string{full: "http://169.254.170.23/v1/credentials"}, []string{"169.254.170.23:80"}, full,
			"169.254.170.23:80"},
		{"localhost", map[string]string{full: "http://127.0.0.1:1338/v1/credentials"}, []string{"localhost:1338"}, full,
			"127.0.0.1:1338"},
		{"all addresses", map[string]string{full: "http://localhost:1338/v1/credentials"}, []string{"0.0.0.0:1338"},
			full, "localhost:1338"},
		{"another port", map[string]string{full: "http://localhost/v1/credentials"}, []string{"localhost:1338"}, "",
			""},
	} {
		getenv := func(name string) string { return tt.env[name] }
		hiding, hidden := hideOwnAddresses(getenv, listenersAt(tt.listeners...))
		for _, name := range []string{relative, full, disabled} {
			if changed := hiding(name) != getenv(name); changed != (name == tt.changed) {
				t.Errorf("%s: %s is %q, want another value: %t", tt.name, name, hiding(name), name == tt.changed)
			}
		}
		wantPrefix := tt.hidden + " is this sidecar itself"
		if tt.hidden == "" && len(hidden) > 0 ||
			tt.hidden != "" && (len(hidden) != 1 || !strings.HasPrefix(hidden[0], wantPrefix)) {
			t.Errorf("%s: hidden are %q, want %q", tt.name, hidden, tt.hidden)
		}
	}
}

// TestChainDoesNotAskTheSidecar: the chain fails at once when the only source is the sidecar, and says so.
func TestChainDoesNotAskTheSidecar(t *testing.T) {
	own, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	asked := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := own.Accept()
			if err != nil {
				return
			}
			conn.Close()
			asked <- struct{}{}
		}
	}()
	env := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + own.Addr().String(), "HOME": t.TempDir()}
	getenv, hidden := hideOwnAddresses(func(name string) string { return env[name] }, listenersAt(own.Addr().String()))
	sources := newServiceSources(getenv, sourceDisk{ctx: t.Context(), fs: &slowfs.FS{}})
	sources.hidden = hidden
	defer sources.close()
	provider, err := sources.Provider(config.Source{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = provider.Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), own.Addr().String()+" is this sidecar itself") {
		t.Errorf("Retrieve: %v, want that the address is the sidecar's own", err)
	}
	if len(asked) > 0 {
		t.Error("the sidecar was asked")
	}
}
