package s3_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"sluice/creds"
	"sluice/output/s3"
)

// TestEndpoint: which host is dialled for a bucket, for settings that concern AWS's own endpoints.
func TestEndpoint(t *testing.T) {
	for _, c := range []struct {
		region, endpoint string
		fips, dualStack  bool
		want             string
	}{
		{"us-east-1", "", false, false, "logs.s3.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", true, false, "logs.s3-fips.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", false, true, "logs.s3.dualstack.us-east-1.amazonaws.com:443"},
		{"us-east-1", "", true, true, "logs.s3-fips.dualstack.us-east-1.amazonaws.com:443"},
		{"us-gov-west-1", "", false, false, "logs.s3.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", true, false, "logs.s3-fips.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", false, true, "logs.s3.dualstack.us-gov-west-1.amazonaws.com:443"},
		{"us-gov-west-1", "", true, true, "logs.s3-fips.dualstack.us-gov-west-1.amazonaws.com:443"},
		{"us-east-1", "https://minio.example:9000", true, true, "minio.example:9000"},
	} {
		dialled := ""
		store, err := s3.New(s3.Options{
			Region: c.region, Endpoint: c.endpoint, UseFIPS: c.fips, UseDualStack: c.dualStack, Attempts: 1,
			Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
				SecretAccessKey: "x"}},
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, errors.New("no network")
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = store.Object(t.Context(), s3.Target{Bucket: "logs", Key: "k"}).Close()
		if dialled != c.want {
			t.Errorf("%+v: dialled %q; %v", c, dialled, err)
		}
		store.Close()
	}
}
