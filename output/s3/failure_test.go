package s3_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"sluice/creds"
	"sluice/output/s3"
)

// without is a provider that fails.
type without struct{ err error }

func (w without) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, w.err
}

var exampleKey = creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}}

// put returns the error of an upload to a server.
func put(t *testing.T, endpoint string, p creds.Provider) error {
	t.Helper()
	store, err := s3.New(
		s3.Options{Region: "us-east-1", Endpoint: endpoint, PathStyle: true, Attempts: 1, Credentials: p},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	return store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"}).Close()
}

func TestExplain(t *testing.T) {
	api := func(code, message string) error { return &smithy.GenericAPIError{Code: code, Message: message} }
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	const nobody = "http://127.0.0.1:1"
	for _, c := range []struct {
		name          string
		err           error
		remedy, cause string // parts of them
		needsOperator bool
	}{
		{"nobody listens", put(t, nobody, exampleKey),
			"start the S3 server", "PutObject: dial tcp 127.0.0.1:1: ", false},
		{"no credentials", put(t, nobody, without{errors.New("nothing found")}),
			"sluice creds explain", "PutObject: nothing found", false},
		{"STS denies the role", put(t, nobody, without{api("AccessDenied", "no")}),
			"sluice creds explain", "AccessDenied", false},
		{"TLS to a plain server", put(t, strings.Replace(plain.URL, "http:", "https:", 1), exampleKey),
			"write http://", "HTTP response to HTTPS client", false},
		{"plain to a TLS server", put(t, strings.Replace(secure.URL, "https:", "http:", 1), exampleKey),
			"write https://", "PutObject: HTTP status 400", true},
		{"unknown authority", put(t, secure.URL, exampleKey),
			"set ca_file", "certificate signed by unknown authority", false},
		{"no such host",
			&net.OpError{Op: "dial", Err: &net.DNSError{Name: "h", Err: "no such host", IsNotFound: true}},
			"correct the host name", "no such host", false},
		{"time-out", &net.OpError{Op: "dial", Err: &net.DNSError{Name: "h", Err: "i/o timeout", IsTimeout: true}},
			"DNS", "i/o timeout", false},
		{"no answer", errors.New("broken pipe"), "", "broken pipe", false},
		{"throttled", api("SlowDown", ""), "", "SlowDown", false},
		{"key expired", api("ExpiredToken", ""), "no longer accepts", "ExpiredToken", false},
		{"key unknown", api("InvalidAccessKeyId", ""), "correct the access key", "InvalidAccessKeyId", false},
		{"upload gone", api("NoSuchUpload", ""), "", "NoSuchUpload", false},
		{"denied", api("AccessDenied", "Access Denied"), "allow s3:PutObject", "AccessDenied: Access Denied", true},
		{"KMS denied", api("AccessDenied", "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "+
			"kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:123456789012:key/k because no policy allows it"),
			"allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:123456789012:key/k for", "User: ", true},
		{"locked bucket", api("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required "+
			"for Put Object requests with Object Lock parameters"), "set send_content_md5 on", "", true},
		{"no bucket", api("NoSuchBucket", ""), "create the bucket", "", true},
		{"somebody else's object", s3.ErrOther, "move the object", "already there", true},
	} {
		f := s3.Explain(c.err)
		if !strings.Contains(f.Remedy, c.remedy) || (c.remedy == "") != (f.Remedy == "") ||
			!strings.Contains(f.Cause, c.cause) || f.NeedsOperator != c.needsOperator {
			t.Errorf("%s: Explain(%v) = %+v", c.name, c.err, f)
		}
		for _, noise := range []string{"StatusCode", "RequestID", "https response error"} {
			if strings.Contains(f.Cause, noise) {
				t.Errorf("%s: the cause has %s: %s", c.name, noise, f.Cause)
			}
		}
	}
	if s3.NeedsOperator(nil) {
		t.Error("no error needs an operator")
	}
}

// A signature that is refused because of the clock has another remedy than a wrong secret,
// and the IDs that AWS's support asks for are kept apart from the cause.
func TestExplainClock(t *testing.T) {
	refuse := func(now time.Time) s3.Failure {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			w.Header().Set("X-Amz-Request-Id", "REQUEST")
			w.Header().Set("X-Amz-Id-2", "HOST")
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte("<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>"))
		}))
		defer server.Close()
		return s3.Explain(put(t, server.URL, exampleKey))
	}
	f := refuse(time.Now())
	if f.Remedy != "correct the secret access key" || !f.NeedsOperator || f.RequestID != "REQUEST" ||
		f.HostID != "HOST" {
		t.Errorf("with the right clock: %+v", f)
	}
	f = refuse(time.Now().Add(2 * time.Hour))
	if !strings.Contains(f.Remedy, "set the machine's clock, which differs from S3's by") || !f.NeedsOperator {
		t.Errorf("with a clock that is two hours behind: %+v", f)
	}
}

// Each class of answer is counted under its name.
func TestOnRequest(t *testing.T) {
	for status, want := range map[int]s3.Class{
		200: s3.OK, 307: s3.Redirect, 401: s3.Denied, 403: s3.Denied, 404: s3.ClientError, 429: s3.Throttled,
		500: s3.ServerError, 503: s3.Throttled, 0: s3.NoAnswer,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(status)
		}))
		var operation string
		var got s3.Class
		store, err := s3.New(
			s3.Options{Region: "us-east-1", Endpoint: server.URL, PathStyle: true, Attempts: 1, Credentials: exampleKey,
				OnRequest: func(name string, c s3.Class) { operation, got = name, c }},
		)
		if err != nil {
			t.Fatal(err)
		}
		err = store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"}).Close()
		server.Close()
		if operation != "PutObject" || got != want || (err == nil) != (want == s3.OK) {
			t.Errorf(
				"status %d: %s %s, %v, want PutObject %s",
				status,
				operation,
				s3.Classes[got],
				err,
				s3.Classes[want],
			)
		}
		if status > 0 && store.Sent() == 0 {
			t.Errorf("status %d: nothing counts as sent", status)
		}
	}
}
