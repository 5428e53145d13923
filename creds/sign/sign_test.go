package sign

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/creds"
)

// example is the key of AWS's documents.
func example() creds.Credentials {
	return creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
}

func newRequest(t testing.TB, method, url string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func newSigner(t testing.TB, options Options) *Signer {
	t.Helper()
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestS3Examples has the signatures of S3's documentation ("Authenticating Requests (AWS Signature Version 4)").
func TestS3Examples(t *testing.T) {
	const host = "https://examplebucket.s3.amazonaws.com"
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	s := newSigner(t, For("s3", "us-east-1"))
	for _, c := range []struct {
		method, path, body string
		header             []string
		want               string
	}{
		{"GET", "/test.txt", "", []string{"Range", "bytes=0-9"},
			"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "/test%24file.text", "Welcome to Amazon S3.",
			[]string{"Date", "Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Storage-Class", "REDUCED_REDUNDANCY"},
			"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "?lifecycle", "", nil, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "?max-keys=2&prefix=J", "", nil, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		r := newRequest(t, c.method, host+c.path, c.header...)
		if err := s.Sign(r, example(), Hash([]byte(c.body)), at); err != nil || signatureOf(r) != c.want {
			t.Errorf("%s %s: %s, %v; want %s", c.method, c.path, r.Header.Get("Authorization"), err, c.want)
		}
	}
	r := newRequest(t, "GET", host+"/test.txt")
	const want = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	if err := s.Presign(r, example(), Unsigned, at, 24*time.Hour); err != nil || signatureOf(r) != want {
		t.Errorf("presigned: %s, %v; want %s", r.URL, err, want)
	}
}

// TestPath has the path that is signed for one that is sent, for S3 and for others.
func TestPath(t *testing.T) {
	s3, others := newSigner(t, For("s3", "x")), newSigner(t, For("es", "x"))
	for _, c := range []struct{ sent, s3, others string }{
		{"", "/", "/"},
		{"/", "/", "/"},
		{"/a/b", "/a/b", "/a/b"},
		{"/a/b/", "/a/b/", "/a/b/"},
		{"//a//b//", "//a//b//", "/a/b/"},
		{"/a/../b/./c", "/a/../b/./c", "/b/c"},
		{"/..", "/..", "/"},
		{"/%2e%2e/a", "/../a", "/%252e%252e/a"},
		{"/a%2Fb", "/a/b", "/a%252Fb"},
		{"/a b", "/a%20b", "/a%2520b"}, // net/http sends a%20b
		{"/a%20b", "/a%20b", "/a%2520b"},
		{"/a+b", "/a%2Bb", "/a%2Bb"},
		{"/a%2bb", "/a%2Bb", "/a%252bb"},
		{"/a%7Eb~", "/a~b~", "/a%257Eb~"},
		{"/a*b(c)'!@$&,;:=", "/a%2Ab%28c%29%27%21%40%24%26%2C%3B%3A%3D", "/a%2Ab%28c%29%27%21%40%24%26%2C%3B%3A%3D"},
		{"/ሴ", "/%E1%88%B4", "/%25E1%2588%25B4"},
		{"/%ff", "/%FF", "/%25ff"},
	} {
		sent := newRequest(t, "GET", "https://host"+c.sent).URL.EscapedPath()
		if got := s3.canonicalPath(sent); got != c.s3 {
			t.Errorf("%q for S3: %q, want %q", c.sent, got, c.s3)
		}
		if got := others.canonicalPath(sent); got != c.others {
			t.Errorf("%q for others: %q, want %q", c.sent, got, c.others)
		}
	}
}

// TestQuery has the query that is signed and the one that is sent.
func TestQuery(t *testing.T) {
	s := newSigner(t, For("es", "x"))
	for _, c := range []struct{ query, signed, sent string }{
		{"", "", ""},
		{"b&a", "a=&b=", "b&a"},
		{"b=2&a=1&", "a=1&b=2", "b=2&a=1&"},
		{"&&a=1", "a=1", "&&a=1"},
		{"a=2&a=1&a", "a=&a=1&a=2", "a=2&a=1&a"},
		{"a=b=c", "a=b%3Dc", "a=b=c"},
		{"A=1&a=2&%41=0", "A=0&A=1&a=2", "A=1&a=2&%41=0"},
		{"q=a+b", "q=a%20b", "q=a%20b"},
		{"q=a%2bb", "q=a%2Bb", "q=a%2bb"},
		{"q=a;b", "q=a%3Bb", "q=a;b"},
		{"q=%7e~*", "q=~~%2A", "q=%7e~*"},
		{"a-b=1&a%2Fb=1&a=1", "a=1&a%2Fb=1&a-b=1", "a-b=1&a%2Fb=1&a=1"}, // sorted as encoded
		{"v=a-b&v=a/b", "v=a%2Fb&v=a-b", "v=a-b&v=a/b"},
		{"ሴ=1", "%E1%88%B4=1", "ሴ=1"},
		{"=1", "=1", "=1"},
	} {
		r := newRequest(t, "GET", "https://host/")
		r.URL.RawQuery = c.query
		canonical, err := s.canonical(r, nil, "")
		if err != nil || canonical.query != c.signed {
			t.Errorf("%q: %+v, %v; want %q", c.query, canonical, err, c.signed)
		}
		if err := s.Sign(r, example(), Unsigned, time.Now()); err != nil || r.URL.RawQuery != c.sent {
			t.Errorf("%q: sent %q, %v; want %q", c.query, r.URL.RawQuery, err, c.sent)
		}
	}
}

// TestHeaders has what is signed of a request's headers.
func TestHeaders(t *testing.T) {
	r := newRequest(t, "POST", "https://host:443/", "B", " x  y ", "b", "z", "A", "", "Connection", "close",
		"Proxy-Authorization", "Bearer x", "User-Agent", "curl", "Te", "trailers", "Authorization", "AWS4 other",
		"X-Amz-Security-Token", "other", "X-Amz-Content-Sha256", "other", "X-Amz-Date", "other",
		"X-Amz-Region-Set", "other")
	r.ContentLength = 3
	s := newSigner(t, For("es", "x"))
	if err := s.Sign(r, example(), Hash([]byte("abc")), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	canonical, err := s.canonical(r, nil, "")
	const want = "a:\nb:x y,z\ncontent-length:3\nhost:host:443\nx-amz-date:19700101T000000Z\n"
	if err != nil || canonical.headers != want || canonical.signedHeaders != "a;b;content-length;host;x-amz-date" {
		t.Errorf("headers %q, %s, %v; want %q", canonical.headers, canonical.signedHeaders, err, want)
	}
	if got := r.Header.Get("X-Amz-Security-Token"); got != "" {
		t.Errorf("the request keeps the session token %q", got)
	}
}

// TestV4AVerifies signs with a session token and an unsigned payload, and verifies with the key of another signer.
func TestV4AVerifies(t *testing.T) {
	options := For("s3", "*")
	options.Algorithm = V4A
	s := newSigner(t, options)
	key := example()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for range 2 { // the second key has the same name
		key.SessionToken = "token"
		r := newRequest(t, "PUT", "https://alias.mrap.accesspoint.s3-global.amazonaws.com/a//b")
		if err := s.Sign(r, key, Unsigned, at); err != nil {
			t.Fatal(err)
		}
		canonical, err := s.canonical(r, nil, Unsigned)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"/a//b\n", "x-amz-content-sha256:UNSIGNED-PAYLOAD\n",
			"x-amz-date:20260102T020405Z\n", "x-amz-region-set:*\n", "x-amz-security-token:token\n",
			"\nUNSIGNED-PAYLOAD"} {
			if !strings.Contains(canonical.String(), line) {
				t.Errorf("canonical request %q lacks %q", canonical, line)
			}
		}
		scope := "Credential=AKIAIOSFODNN7EXAMPLE/20260102/s3/aws4_request"
		if got := r.Header.Get("Authorization"); !strings.HasPrefix(got, string(V4A)+" "+scope+", ") {
			t.Errorf("Authorization %q, want %q", got, scope)
		}
		derived, err := deriveKey(key)
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte(s.stringToSign(canonical, at.UTC())))
		signature, err := hex.DecodeString(signatureOf(r))
		if err != nil || !ecdsa.VerifyASN1(&derived.PublicKey, digest[:], signature) {
			t.Errorf("the signature %q does not hold: %v", signatureOf(r), err)
		}
		key.SecretAccessKey += "2"
	}
}

func TestPlusOne(t *testing.T) {
	for in, want := range map[string]string{"0000": "0001", "00ff": "0100", "fffe": "ffff", "ffff": "0000"} {
		number, err := hex.DecodeString(in)
		if got := fmt.Sprintf("%x", plusOne(number)); err != nil || got != want {
			t.Errorf("%s + 1 = %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for want, options := range map[string]Options{
		"region":                   {Service: "s3"},
		"signing name":             {Region: "x"},
		`algorithm "x" is unknown`: {Service: "s3", Region: "x", Algorithm: "x"},
	} {
		if _, err := New(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", options, err, want)
		}
	}
	s := newSigner(t, For("s3", "us-east-1"))
	for _, c := range []struct {
		url, want string
		key       creds.Credentials
	}{
		{"https://host/", "no key", creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE"}},
		{"https://host/?a=%zz", `invalid URL escape "%zz"`, example()},
		{"https://host/?%z", "invalid URL escape", example()},
		{"https://host/?X-Amz-Signature=1", "a signature already: X-Amz-Signature", example()},
		{"https://host/?x=1&X%2DAmz-Credential=1", "a signature already: X-Amz-Credential", example()},
		{"mailto:a", "opaque", example()},
	} {
		for _, presign := range []bool{false, true} {
			r := newRequest(t, "GET", c.url)
			var err error
			if presign {
				err = s.Presign(r, c.key, Unsigned, time.Now(), time.Minute)
			} else {
				err = s.Sign(r, c.key, Unsigned, time.Now())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.url, err, c.want)
			}
		}
	}
	r := newRequest(t, "GET", "https://host/")
	if err := s.Presign(r, example(), Unsigned, time.Now(), time.Millisecond); err == nil {
		t.Error("presigned for a millisecond")
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	for _, algorithm := range []Algorithm{V4, V4A} {
		options := For("s3", "us-east-1")
		options.Algorithm = algorithm
		s := newSigner(t, options)
		var all sync.WaitGroup
		for i := range 4 {
			key := example()
			key.SecretAccessKey += fmt.Sprint(i % 2)
			all.Go(func() {
				if err := s.Sign(newRequest(t, "GET", "https://host/"), key, Unsigned, time.Now()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

func BenchmarkSign(b *testing.B) {
	for _, algorithm := range []Algorithm{V4, V4A} {
		b.Run(string(algorithm), func(b *testing.B) {
			options := For("s3", "us-east-1")
			options.Algorithm = algorithm
			s := newSigner(b, options)
			r := newRequest(b, "PUT", "https://host/key", "Content-Type", "text/plain")
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Sign(r, example(), Unsigned, at); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
