package s3_test

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"sluice/creds"
	"sluice/output/s3"
)

func TestRemedy(t *testing.T) {
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	store, err := s3.New(s3.Options{
		Region: "us-east-1", Endpoint: "http://127.0.0.1:1", Attempts: 1,
		Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, c := range []struct {
		name    string
		err     error
		lasting bool
	}{
		{"nobody listens", store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"}).Close(), false},
		{"no answer", errors.New("broken pipe"), false},
		{"throttled", api("SlowDown"), false},
		{"key expired", api("ExpiredToken"), false},
		{"upload gone", api("NoSuchUpload"), false},
		{"denied", api("AccessDenied"), true},
		{"no bucket", api("NoSuchBucket"), true},
		{"somebody else's object", s3.ErrOther, true},
	} {
		text, lasting := s3.Remedy(c.err)
		if lasting != c.lasting || lasting && text == "" {
			t.Errorf("%s: Remedy(%v) = %q, %v, want %v", c.name, c.err, text, lasting, c.lasting)
		}
	}
}
