package testenv

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/versity/versitygw/s3api"
)

func startS3(t *testing.T, hooks ...s3api.Option) *S3 {
	t.Helper()
	t.Chdir(t.TempDir()) // versitygw changes the working directory; this puts it back
	server, err := StartS3(S3Config{Dir: t.TempDir(), Bucket: "logs", Hooks: hooks})
	if err != nil {
		t.Fatalf("StartS3: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return server
}

func TestS3AcceptsOnlyTheRightKeys(t *testing.T) {
	server := startS3(t)
	stale, forged := RoleKeys(), RoleKeys()
	stale.SessionToken = ""
	forged.SecretAccessKey = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
	for _, test := range []struct {
		name string
		keys Keys
		want string // in the error; "" for success
	}{
		{"owner", OwnerKeys(), ""},
		{"role", RoleKeys(), ""},
		{"role without its token", stale, "InvalidToken"},
		{"role with another secret", forged, "SignatureDoesNotMatch"},
		{"stranger", Keys{AccessKeyID: "AKIAI44QH8DHBEXAMPLE", SecretAccessKey: "x"}, "InvalidAccessKeyId"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewBucket(server.Endpoint, server.Region, "logs", test.keys).List(t.Context())
			if test.want == "" && err != nil {
				t.Errorf("List: got %v, want success", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("List: got %v, want %s", err, test.want)
			}
		})
	}
}

func TestBucketReadUndoesContentEncoding(t *testing.T) {
	server := startS3(t)
	bucket := server.Bucket("logs")
	const text = "one\ntwo\nthree\n"
	for _, test := range []struct{ name, encoding, body string }{
		{"plain", "", text},
		{"gzip", "gzip", through(t, text, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })},
		{"zstd", "zstd", through(t, text, zstdWriter)},
		{"snappy block", "snappy", string(snappy.Encode(nil, []byte(text)))},
		{"snappy framed", "snappy",
			through(t, text, func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) })},
	} {
		t.Run(test.name, func(t *testing.T) {
			put(t, bucket, test.name, test.encoding, test.body)
			got, err := bucket.Read(t.Context(), test.name)
			if err != nil || string(got) != text {
				t.Errorf("Read: got %q, %v, want %q", got, err, text)
			}
		})
	}
}

func TestOutageRefusesWrites(t *testing.T) {
	var outage Outage
	bucket := startS3(t, outage.Hook()).Bucket("logs")
	write := func() error {
		in := &s3.PutObjectInput{Bucket: &bucket.name, Key: aws.String("k"), Body: strings.NewReader("x")}
		_, err := bucket.client.PutObject(t.Context(), in, func(o *s3.Options) { o.RetryMaxAttempts = 1 })
		return err
	}
	for _, down := range []bool{false, true, false} {
		outage.Set("logs", down)
		err := write()
		if slow := err != nil && strings.Contains(err.Error(), "SlowDown"); slow != down || err != nil && !down {
			t.Errorf("put with outage %t: got %v", down, err)
		}
	}
}

func zstdWriter(w io.Writer) io.WriteCloser {
	z, err := zstd.NewWriter(w)
	if err != nil {
		panic(err) // without options it cannot fail
	}
	return z
}

func through(t *testing.T, text string, codec func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var b strings.Builder
	w := codec(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func put(t *testing.T, b Bucket, key, encoding, body string) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: strings.NewReader(body)}
	if encoding != "" {
		in.ContentEncoding = aws.String(encoding)
	}
	if _, err := b.client.PutObject(context.Background(), in); err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}
