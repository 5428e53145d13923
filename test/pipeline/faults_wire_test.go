package pipeline

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	toxiclient "github.com/Shopify/toxiproxy/v2/client"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/rs/zerolog"

	"sluice/test/testenv"
)

// wireFaults are what may happen below HTTP.
func wireFaults() []fault {
	return []fault{
		{name: "connection reset in a part", large: true,
			begin: toxic("limit_data", toxiclient.Attributes{"bytes": 3_000_000}, 2)},
		{name: "half-open connection", settings: []string{"upload_stall_timeout=2s"},
			begin: toxic("timeout", toxiclient.Attributes{"timeout": 0}, 4)},
		{name: "1 KB/s", padding: 4000, begin: toxic("bandwidth", toxiclient.Attributes{"rate": 1}, 1)},
		{name: "DNS failing", begin: nameless},
		{name: "server away, then back", begin: away},
		{name: "clock 20 minutes slow", begin: skewed(20 * time.Minute)},
		{name: "clock 20 minutes fast", begin: skewed(-20 * time.Minute)},
	}
}

// toxics is a toxiproxy for all tests.
var toxics = sync.OnceValue(func() *toxiclient.Client {
	addr, err := testenv.FreeAddr()
	if err != nil {
		panic(err)
	}
	// until the process ends
	go func() { _ = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()).Listen(addr) }()
	client := toxiclient.NewClient("http://" + addr)
	if err := testenv.Wait(context.Background(), nil,
		func() bool { _, err := client.Version(); return err == nil }); err != nil {
		panic(err)
	}
	return client
})

// through puts a toxiproxy before the front.
func (r *rig) through() *toxiclient.Proxy {
	r.t.Helper()
	front, err := url.Parse(r.front.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	proxy, err := toxics().CreateProxy(r.name, "127.0.0.1:0", front.Host)
	if err != nil {
		r.t.Fatal(err)
	}
	r.front.URL = "http://" + proxy.Listen
	r.t.Cleanup(func() { _ = proxy.Delete() })
	return proxy
}

// toxic has what the output sends meet a toxic. It was met when so many connections were made.
func toxic(kind string, attributes toxiclient.Attributes, connections int64) func(*rig) (func() bool, func()) {
	return func(r *rig) (func() bool, func()) {
		proxy := r.through()
		if _, err := proxy.AddToxic("fault", kind, "upstream", 1, attributes); err != nil {
			r.t.Fatal(err)
		}
		var dialled atomic.Int64
		r.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		return func() bool { return dialled.Load() >= connections }, func() {
			if kind == "bandwidth" {
				return // it stays slow
			}
			if err := proxy.RemoveToxic("fault"); err != nil {
				r.t.Error(err)
			}
		}
	}
}

// nameless has the server's name not be found, by a name server that answers NXDOMAIN, and then found.
func nameless(r *rig) (func() bool, func()) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	var asked atomic.Int64
	var found atomic.Bool
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			asked.Add(1)
			_, _ = conn.WriteTo(nameAnswer(buf[:n], found.Load()), from)
		}
	}()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(r.front.URL, "http://"))
	r.front.URL = "http://s3.example.test:" + port
	r.dial = (&net.Dialer{Resolver: &net.Resolver{PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
		}}}).DialContext
	return func() bool { return asked.Load() >= 4 }, func() { found.Store(true) }
}

// nameAnswer is 127.0.0.1, or that there is no such name (RFC 1035, section 4).
func nameAnswer(query []byte, found bool) []byte {
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end]) // a label and its length
	}
	end += 5 // the name's end, type and class
	const noSuchName, typeA = 3, 1
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	switch {
	case !found:
		reply[3] |= noSuchName
	case query[end-3] == typeA:
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return reply
}

// away stops listening.
func away(r *rig) (func() bool, func()) {
	proxy := r.through()
	if err := proxy.Disable(); err != nil {
		r.t.Fatal(err)
	}
	var refused atomic.Int64
	r.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			refused.Add(1)
		}
		return conn, err
	}
	return func() bool { return refused.Load() >= 3 }, func() {
		if err := proxy.Enable(); err != nil {
			r.t.Error(err)
		}
	}
}

// skewed is a server whose clock is ahead of ours. It refuses what is signed more than 15 minutes before
// or after its time, as S3 does, and checks the signature of the rest; for the real server behind it,
// whose clock is ours, that is signed again.
func skewed(ahead time.Duration) func(*rig) (func() bool, func()) {
	return func(r *rig) (func() bool, func()) {
		var refused atomic.Int64
		r.front.watch(func(w http.ResponseWriter, req *http.Request) bool {
			there := time.Now().Add(ahead)
			w.Header().Set("Date", there.UTC().Format(http.TimeFormat))
			signed, err := time.Parse("20060102T150405Z", req.Header.Get("X-Amz-Date"))
			if err != nil || there.Sub(signed).Abs() > 15*time.Minute {
				refused.Add(1)
				refuse(w, http.StatusForbidden, "RequestTimeTooSkewed")
				return true
			}
			if err := signAgain(req, signed); err != nil {
				r.t.Error(err)
				refuse(w, http.StatusForbidden, "SignatureDoesNotMatch")
				return true
			}
			return false
		})
		return func() bool { return refused.Load() > 0 }, func() {}
	}
}

// signAgain signs a request with our time, if its signature is right for the time that it has.
func signAgain(req *http.Request, signed time.Time) error {
	was := req.Header.Get("Authorization")
	if err := sign(req, signed); err != nil {
		return err
	}
	if _, want, _ := strings.Cut(req.Header.Get("Authorization"), "Signature="); !strings.HasSuffix(was, want) {
		return fmt.Errorf("%s %s: the signature is wrong for %v", req.Method, req.URL, signed)
	}
	return sign(req, time.Now())
}

func sign(req *http.Request, at time.Time) error {
	owner := testenv.OwnerKeys()
	names := strings.Split(strings.TrimPrefix(signedHeaders(req), "SignedHeaders="), ";")
	clean, err := http.NewRequest(req.Method, "http://"+req.Host+req.URL.RequestURI(), nil)
	if err != nil {
		return err
	}
	for _, name := range names {
		if value := req.Header.Values(name); len(value) > 0 && name != "host" && name != "content-length" {
			clean.Header[http.CanonicalHeaderKey(name)] = value
		}
	}
	clean.ContentLength = req.ContentLength
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(context.Background(),
		aws.Credentials{AccessKeyID: owner.AccessKeyID, SecretAccessKey: owner.SecretAccessKey},
		clean, req.Header.Get("X-Amz-Content-Sha256"), "s3", server.Region, at)
	req.Header.Set("Authorization", clean.Header.Get("Authorization"))
	req.Header.Set("X-Amz-Date", clean.Header.Get("X-Amz-Date"))
	return err
}

func signedHeaders(req *http.Request) string {
	for part := range strings.SplitSeq(req.Header.Get("Authorization"), ", ") {
		if strings.HasPrefix(part, "SignedHeaders=") {
			return part
		}
	}
	return ""
}
