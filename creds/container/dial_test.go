package container_test

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sluice/creds/container"
)

// foreigner returns an address that is not loopback: this machine's own if it has one, so that a connection would
// succeed.
func foreigner(t *testing.T) string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr().String()
		}
	}
	return "192.0.2.1" // reserved for documentation by RFC 5737
}

// TestRebinding: the next lookup of a loopback name returns another address. Only the address that is dialled can be
// checked.
func TestRebinding(t *testing.T) {
	server := httptest.NewServer(script(openKeys + "}"))
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port
	foreign := foreigner(t)
	trap, err := net.Listen("tcp", fmt.Sprintf("%s:%d", foreign, port))
	if err != nil {
		t.Logf("cannot listen on the other address: %v", err)
	}
	c := &container.Provider{
		URI:      fmt.Sprintf("http://rebind.test.:%d/x", port),
		Resolver: newNameServer(t, "127.0.0.1", foreign),
		Pause:    noPause,
	}
	if got, err := c.Retrieve(t.Context()); err != nil || got.AccessKeyID == "" {
		t.Errorf("on loopback: %v, %v", got, err)
	}
	got, err := c.Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "dial refused: plain http is allowed only to loopback") ||
		!strings.Contains(err.Error(), foreign) {
		t.Errorf("on %s: %v, %v", foreign, got, err)
	}
	if trap == nil {
		return
	}
	defer trap.Close()
	trap.(*net.TCPListener).SetDeadline(time.Now().Add(100 * time.Millisecond))
	if conn, err := trap.Accept(); err == nil {
		conn.Close()
		t.Error("it was connected to")
	}
}

// TestNames: a name that only looks like an allowed address is refused.
func TestNames(t *testing.T) {
	for _, name := range []string{"127.evil.test.", "169.254.170.2.test.", "localhost.test."} {
		for _, address := range []string{"169.254.170.200", "169.254.169.254", "192.0.2.1", "0.0.0.0"} {
			c := &container.Provider{URI: "http://" + name + "/x", Resolver: newNameServer(t, address), Pause: noPause}
			if _, err := c.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "dial refused") {
				t.Errorf("%s on %s: %v", name, address, err)
			}
		}
	}
}

// TestProxy runs in a process of its own, because net/http reads the variables once. It uses a name, because proxies
// are never used for loopback addresses.
func TestProxy(t *testing.T) {
	if os.Getenv("SLUICE_TEST_CHILD") == "" {
		proxy := httptest.NewServer(
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request went to the proxy") }),
		)
		defer proxy.Close()
		for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
			t.Setenv(name, proxy.URL)
		}
		t.Setenv("SLUICE_TEST_CHILD", "1")
		if out, err := exec.Command(os.Args[0], "-test.run=^TestProxy$").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	server := httptest.NewServer(script(openKeys + "}"))
	defer server.Close()
	c := &container.Provider{
		URI:      strings.Replace(server.URL, "127.0.0.1", "creds.test.", 1),
		Resolver: newNameServer(t, "127.0.0.1"),
	}
	if _, err := c.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRedirect(t *testing.T) {
	trap := httptest.NewServer(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }),
	)
	defer trap.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, n, err := asked(t, &container.Provider{Token: "t"}, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, trap.URL, status)
		})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("HTTP %d", status)) ||
			!strings.Contains(err.Error(), "not followed") ||
			n != 1 {
			t.Errorf("%d: %v after %d requests", status, err, n)
		}
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(script(openKeys + "}"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the refused handshake
	server.StartTLS()
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	if got, err := (&container.Provider{URI: server.URL, RootCAs: pool}).Retrieve(t.Context()); err != nil ||
		got.SessionToken != "TOKEN" {
		t.Errorf("own authority: %v, %v", got, err)
	}
	if got, err := (&container.Provider{URI: server.URL}).Retrieve(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown authority: %v, %v", got, err)
	}
	plain := strings.Replace(server.URL, "https:", "http:", 1)
	if got, err := (&container.Provider{URI: plain, RootCAs: pool}).Retrieve(t.Context()); err == nil {
		t.Errorf("plain http: %v, %v", got, err)
	}
}

func TestIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 loopback: %v", err)
	}
	server := &http.Server{Handler: script(openKeys + "}")}
	defer server.Close()
	go server.Serve(listener)
	if _, err := (&container.Provider{URI: "http://" + listener.Addr().String()}).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
}
