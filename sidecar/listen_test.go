package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"sluice/sidecar/config"
)

// running is a server in the background.
type running struct {
	*testServer
	stop  context.CancelFunc
	ended chan error
}

// run starts a bench's server at a socket and waits until that is open.
func run(t *testing.T, b *testServer, socket string) *running {
	t.Helper()
	b.opts.Config.Server.Listeners = []config.Listener{{
		Address:    "unix:" + socket,
		Faces:      []string{config.FaceContainer},
		SocketMode: "0660",
	}}
	b.opts.Config.Metrics.Prometheus.Enabled = false
	r := &running{testServer: b, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	t.Cleanup(cancel)
	opened := make(chan struct{})
	go func() {
		for {
			if conn, err := net.Dial("unix", socket); err == nil {
				conn.Close()
				close(opened)
				return
			}
		}
	}()
	go func() { r.ended <- b.Run(ctx) }()
	select {
	case <-opened:
	case err := <-r.ended:
		t.Fatal(err)
	}
	return r
}

// overSocket asks for the key of service one.
func overSocket(socket string) (status int, body string, err error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
	}}
	r, err := http.NewRequest(http.MethodGet, "http://anything/v1/credentials", nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", tokenOne)
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// TestUnixSocket: a dead socket is taken over, its permissions are what was asked
// for, and the audit names the process at the other end.
func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	left, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	r := run(t, newTestServer(t, one), socket)
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket is %v, %v, want mode 0660", info.Mode(), err)
	}
	if status, _, err := overSocket(socket); status != 200 || err != nil {
		t.Errorf("%d, %v, want 200", status, err)
	}
	want := fmt.Sprintf(`"peer":"unix pid=%d uid=%d gid=%d"`, os.Getpid(), os.Getuid(), os.Getgid())
	if !strings.Contains(r.log.String(), want) {
		t.Errorf("the audit lacks %s:\n%s", want, r.log)
	}
	_, err = listen(t.Context(), config.Listener{Address: "unix:" + socket, SocketMode: "0600"})
	if err == nil || !strings.Contains(err.Error(), "another process already does") {
		t.Errorf("a second listener: %v, want that another process listens", err)
	}
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestStop: a request that waits for a key when the server stops gets it.
func TestStop(t *testing.T) {
	b := newTestServer(t, "credentials: {prefetch: false}\n"+one)
	hold := b.sts.holdBack()
	socket := filepath.Join(t.TempDir(), "socket")
	r := run(t, b, socket)
	type answer struct {
		status int
		body   string
		err    error
	}
	answered := make(chan answer)
	go func() {
		status, body, err := overSocket(socket)
		answered <- answer{status, body, err}
	}()
	for b.sts.calls.Load() == 0 { // until it waits
		select {
		case a := <-answered:
			t.Fatalf("answered %d before there is a key", a.status)
		default:
		}
	}
	r.stop()
	<-b.life.Done() // it is stopping
	close(hold)
	if a := <-answered; a.status != 200 || a.err != nil || !strings.Contains(a.body, "ASIA1") {
		t.Errorf("the waiting request: %d, %v, want 200", a.status, a.err)
	}
	if err := <-r.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestAddresses: an address that cannot be opened is named, with what to do.
func TestAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct{ name, address, want string }{
		{"taken", taken.Addr().String(), `^listener ADDR: listen tcp ADDR: bind: address already in use$`},
		{"not this machine's", "169.254.170.3:80",
			`^listener ADDR: .*cannot assign requested address ` +
				`\(this machine does not have the address: ip addr add 169.254.170.3 dev lo\)$`},
		{"no folder", "unix:/nonexistent/socket", `^listener ADDR: .*no such file or directory$`},
	} {
		b := newTestServer(t, one)
		b.opts.Config.Server.Listeners = []config.Listener{{
			Address:    tt.address,
			Faces:      []string{config.FaceContainer},
			SocketMode: "0600",
		}}
		err := b.Run(t.Context())
		want := strings.ReplaceAll(tt.want, "ADDR", regexp.QuoteMeta(tt.address))
		if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: %v, want %s", tt.name, err, want)
		}
	}
}

// TestAllOrNone: an address that cannot be opened leaves no other open.
func TestAllOrNone(t *testing.T) {
	b := newTestServer(t, one)
	socket := "unix:" + filepath.Join(t.TempDir(), "socket")
	for _, address := range []string{socket, "unix:/nonexistent/socket"} {
		b.opts.Config.Server.Listeners = []config.Listener{
			{Address: socket, SocketMode: "0600"},
			{Address: address, SocketMode: "0600"},
		}
		if err := b.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "listener "+address) {
			t.Errorf("Run: %v, want that %s cannot be opened", err, address)
		}
	}
	if _, err := net.Dial("unix", strings.TrimPrefix(socket, "unix:")); err == nil {
		t.Error("the first address is still open")
	}
}

// TestMetricsAddress: metrics are on loopback, for requests that call the address by
// a name of ours. A port that is taken does not keep credentials from being served.
func TestMetricsAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b := newTestServer(t, "server: {hosts: [sidecar.internal]}\n"+one)
	p := &b.opts.Config.Metrics.Prometheus
	p.Port = taken.Addr().(*net.TCPAddr).Port
	if _, open := b.openMetrics(t.Context()); open {
		t.Error("a port that is taken was opened")
	}
	if !strings.Contains(b.log.String(), "there are no metrics: set metrics.prometheus.port") {
		t.Errorf("the log lacks that there are no metrics:\n%s", b.log)
	}
	p.Port = 0 // any
	each, open := b.openMetrics(t.Context())
	if !open {
		t.Fatalf("not opened:\n%s", b.log)
	}
	go each.http.Serve(each.listener)
	defer each.http.Close()
	address := each.listener.Addr().String()
	if !strings.HasPrefix(address, "127.0.0.1:") ||
		!strings.Contains(b.log.String(), `"address":"`+address+`","faces":["metrics"]`) {
		t.Errorf("they are at %s, want loopback, and the log to say so:\n%s", address, b.log)
	}
	for host, want := range map[string]int{
		address: 200, "localhost": 200, "sidecar.internal:9090": 200, "evil.example": 403, "10.0.0.1": 403,
	} {
		r, err := http.NewRequest(http.MethodGet, "http://"+address+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || err != nil ||
			strings.Contains(string(text), "credproxy_app_info") != (want == 200) {
			t.Errorf("Host %s: %d, %v, want %d", host, resp.StatusCode, err, want)
		}
	}
}

// TestHopLimit: a reply of the face imds may pass as many routers as was configured.
func TestHopLimit(t *testing.T) {
	for _, tt := range []struct {
		address       string
		level, option int
	}{
		{"127.0.0.1:0", syscall.IPPROTO_IP, syscall.IP_TTL},
		{"[::1]:0", syscall.IPPROTO_IPV6, syscall.IPV6_UNICAST_HOPS},
	} {
		l, err := listen(t.Context(), config.Listener{Address: tt.address, IMDS: &config.IMDS{HopLimit: 3}})
		if err != nil {
			t.Skipf("%s: %v", tt.address, err)
		}
		defer l.Close()
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		raw.Control(func(fd uintptr) { got, err = syscall.GetsockoptInt(int(fd), tt.level, tt.option) })
		if got != 3 || err != nil {
			t.Errorf("a connection to %s has hop limit %d, %v, want 3", tt.address, got, err)
		}
	}
}

// TestLimits: a header that is too long gets net/http's answer and ends the connection.
func TestLimits(t *testing.T) {
	b := newTestServer(t, one)
	socket := filepath.Join(t.TempDir(), "socket")
	run(t, b, socket)
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go fmt.Fprintf(conn, "GET /v1/credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n",
		strings.Repeat("x", maxHeader+8<<10))
	text, err := io.ReadAll(conn)
	want := "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n" +
		"Connection: close\r\n\r\n431 Request Header Fields Too Large"
	if string(text) != want {
		t.Errorf("%q, %v, want %q", text, err, want)
	}
}
