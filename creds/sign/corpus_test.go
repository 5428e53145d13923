package sign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/logging"

	"sluice/creds"
	"sluice/creds/internal/vectors"
)

// corpus is where the signing test suite of aws-c-auth lies: a folder for each request.
const corpus = "aws-c-auth/aws-signing-test-suite/"

// suiteCase is a request of the suite, and how it is to be signed.
type suiteCase struct {
	folder      string
	algorithm   Algorithm
	Credentials struct {
		AccessKeyID     string `json:"access_key_id"`
		SecretAccessKey string `json:"secret_access_key"`
		Token           string
	}
	Expires   int `json:"expiration_in_seconds"`
	Normalize bool
	Region    string
	Service   string
	SignBody  bool `json:"sign_body"`
	Timestamp time.Time
	OmitToken bool `json:"omit_session_token"`
}

func (c *suiteCase) key() creds.Credentials {
	return creds.Credentials{AccessKeyID: c.Credentials.AccessKeyID, SecretAccessKey: c.Credentials.SecretAccessKey,
		SessionToken: c.Credentials.Token}
}

// signer makes the signer. The suite's paths are not encoded yet, so once is what makes them canonical.
func (c *suiteCase) signer(t *testing.T) *Signer {
	s, err := New(Options{Algorithm: c.algorithm, Service: c.Service, Region: c.Region, KeepPath: !c.Normalize,
		EncodeOnce: true, ContentSHA256: c.SignBody, OmitToken: c.OmitToken})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// requestOnly reports whether the case has a request and nothing to compare with, as two of v4a have.
func (c *suiteCase) requestOnly() bool {
	name := filepath.Base(c.folder)
	return c.algorithm == V4A && (name == "get-vanilla-query-order-key" || name == "get-vanilla-query-order-value")
}

// read returns a file of the case.
func (c *suiteCase) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(string(b), "\n")
}

// parse reads a request of the suite: header values may go on in the next line, and targets are not encoded.
func parse(t *testing.T, text string) (r *http.Request, body string) {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	first, head, _ := strings.Cut(strings.ReplaceAll(head, "\n ", " "), "\n")
	method, target, _ := strings.Cut(strings.TrimSuffix(first, " HTTP/1.1"), " ")
	path, query, _ := strings.Cut(target, "?")
	at := &url.URL{Scheme: "https", Path: path, RawQuery: query}
	r = &http.Request{Method: method, URL: at, Header: http.Header{}}
	for line := range strings.SplitSeq(head, "\n") {
		name, value, found := strings.Cut(line, ":")
		switch {
		case !found:
			t.Fatalf("%q is not a header", line)
		case name == "Host":
			r.Host = value
		case name == "Content-Length":
			r.ContentLength = int64(len(body))
		default:
			r.Header.Add(name, value)
		}
	}
	return r, body
}

func TestCorpus(t *testing.T) {
	count := 0
	for folder, algorithm := range map[string]Algorithm{"v4": V4, "v4a": V4A} {
		folders, err := os.ReadDir(vectors.Path(t, corpus+folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range folders {
			name := folder + "/" + each.Name()
			c := suiteCase{folder: vectors.Path(t, corpus+name), algorithm: algorithm}
			vectors.Decode(t, corpus+name+"/context.json", &c)
			for _, kind := range []string{"header", "query"} {
				t.Run(name+"/"+kind, func(t *testing.T) { c.run(t, kind) })
				count++
			}
		}
	}
	vectors.Count(t, count, 156)
	t.Logf("%d cases", count)
}

// run signs the request and compares it with what the suite says.
func (c *suiteCase) run(t *testing.T, kind string) {
	s := c.signer(t)
	r, body := parse(t, c.read(t, "request.txt"))
	payload := Hash([]byte(body))
	var err error
	if kind == "header" {
		err = s.Sign(r, c.key(), payload, c.Timestamp)
	} else {
		err = s.Presign(r, c.key(), payload, c.Timestamp, time.Duration(c.Expires)*time.Second)
	}
	if err != nil {
		t.Fatal(err)
	}
	canonical := c.canonical(t, s, kind, r, payload)
	text := s.stringToSign(canonical, c.Timestamp)
	if c.algorithm == V4A {
		c.verify(t, text, signatureOf(r))
	}
	if c.requestOnly() {
		return
	}
	compare(t, "canonical request", canonical.String(), c.read(t, kind+"-canonical-request.txt"))
	compare(t, "string to sign", text, c.read(t, kind+"-string-to-sign.txt"))
	want, _ := parse(t, c.read(t, kind+"-signed-request.txt"))
	compare(t, "signed request", withoutSignature(r), withoutSignature(want))
	if c.algorithm == V4A {
		c.verify(t, text, c.read(t, kind+"-signature.txt"))
		return
	}
	compare(t, "signature", signatureOf(r), c.read(t, kind+"-signature.txt"))
	c.compareSDK(t, s, canonical)
}

// canonical derives the canonical request from the request as it was signed, as a service does.
func (c *suiteCase) canonical(t *testing.T, s *Signer, kind string, signed *http.Request, payload string,
) *canonicalRequest {
	unsigned := signed.Clone(t.Context())
	if c.OmitToken {
		unsigned.Header.Del(amzSecurityToken)
	}
	query, err := parseQuery(signed.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	query = slices.DeleteFunc(query, func(each [2]string) bool {
		return each[0] == amzSignature || c.OmitToken && each[0] == amzSecurityToken
	})
	unsigned.URL.RawQuery = query.String()
	canonical, err := s.canonical(unsigned, nil, payload)
	if err != nil {
		t.Fatal(err)
	}
	canonical.presigned = kind == "query"
	return canonical
}

// compareSDK asks what canonical request the SDK made of ours.
func (c *suiteCase) compareSDK(t *testing.T, s *Signer, canonical *canonicalRequest) {
	var logged string
	_, err := s.signatureV4(canonical, c.key(), c.Timestamp, func(o *v4.SignerOptions) {
		o.LogSigning = true
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
			logged = fmt.Sprintf(format, v...)
		})
	})
	if err != nil || !strings.Contains(logged, "\n"+canonical.String()+"\n") {
		t.Errorf("the SDK signed %s, %v; want %s", logged, err, canonical)
	}
}

// suiteKey is the public key that belongs to the suite's credentials.
const suiteKey = "04b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1" +
	"865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518"

// verify checks a SigV4A signature with the public key that the suite names.
func (c *suiteCase) verify(t *testing.T, text, signature string) {
	t.Helper()
	if !c.requestOnly() {
		var public struct{ X, Y string }
		vectors.Decode(t, corpus+"v4a/"+filepath.Base(c.folder)+"/public-key.json", &public)
		compare(t, "public key", "04"+public.X+public.Y, suiteKey)
	}
	point, err := hex.DecodeString(suiteKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	derived, err := deriveKey(c.key())
	if err != nil || !derived.PublicKey.Equal(key) {
		t.Errorf("derived key: %v, not the suite's", err)
	}
	der, err := hex.DecodeString(signature)
	digest := sha256.Sum256([]byte(text))
	if err != nil || !ecdsa.VerifyASN1(key, digest[:], der) {
		t.Errorf("signature %q of %q: not valid, %v", signature, text, err)
	}
}

// signatureOf finds the signature in a request.
func signatureOf(r *http.Request) string {
	return afterLast(r.URL.RawQuery+r.Header.Get("Authorization"), "ignature=")
}

// withoutSignature writes a request, but for its signature and for the order of what is in it.
func withoutSignature(r *http.Request) string {
	header := r.Header.Clone()
	authorization, _, _ := strings.Cut(header.Get("Authorization"), "Signature=")
	header.Set("Authorization", authorization)
	pairs := strings.Split(r.URL.RawQuery, "&")
	slices.Sort(pairs)
	pairs = slices.DeleteFunc(pairs, func(pair string) bool { return strings.HasPrefix(pair, amzSignature) })
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s?%s\n", r.Method, r.URL.Path, strings.Join(pairs, "&"))
	header.Write(&b)
	return b.String()
}

func compare(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}
