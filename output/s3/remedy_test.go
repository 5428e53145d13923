package s3_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"sluice/creds"
	"sluice/output/s3"
)

// without is a provider that fails.
type without struct{ err error }

func (w without) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, w.err
}

func TestRemedy(t *testing.T) {
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	// put returns the error of an upload when no server is listening.
	put := func(p creds.Provider) error {
		store, err := s3.New(s3.Options{Region: "us-east-1", Endpoint: "http://127.0.0.1:1", Attempts: 1,
			Credentials: p})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		return store.Object(t.Context(), s3.Target{Bucket: "b", Key: "k"}).Close()
	}
	static := creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}}
	for _, c := range []struct {
		name    string
		err     error
		lasting bool
	}{
		{"nobody listens", put(static), false},
		{"no credentials, for STS denies the role", put(without{api("AccessDenied")}), false},
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
