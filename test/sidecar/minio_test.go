package sidecar

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"sluice/test/testenv"
)

// startMinIO starts a real STS, and an S3 that accepts its keys.
func startMinIO(t *testing.T) (endpoint string) {
	t.Helper()
	m, err := testenv.StartMinIO(t.Context(), t.TempDir(), nil)
	if errors.Is(err, testenv.ErrNoMinIO) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m.Endpoint
}

// TestMinIO: a real STS accepts the external ID, tags and session policy, and the policy takes effect.
func TestMinIO(t *testing.T) {
	needWorld(t)
	endpoint := startMinIO(t)
	b := testenv.NewBucket(endpoint, "us-east-1", "real", testenv.OwnerKeys())
	if err := b.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	const role = `RoleArn: "arn:aws:iam::123456789012:role/minio", RoleSessionName: session, ` +
		`ExternalId: "external:id", Tags: [{Key: team, Value: logs}]`
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::real/mine/*"}]}`
	s := serve(t, owner()+fmt.Sprintf(`services:
  wide: {auth_token: %s, assumed_role: {%s}}
  narrow: {auth_token: %s, assumed_role: {%s, Policy: '%s'}}
`, tokenOf("wide"), role, tokenOf("narrow"), role, policy), "AWS_ENDPOINT_URL_STS="+endpoint)
	put := func(service, key string) error {
		client := s3.New(s3.Options{
			BaseEndpoint: aws.String(endpoint),
			Region:       "us-east-1",
			UsePathStyle: true,
			Credentials: endpointcreds.New("http://127.0.0.1:1338/v1/credentials", func(o *endpointcreds.Options) {
				o.AuthorizationToken = tokenOf(service)
			}),
		})
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("real"),
			Key:    &key,
			Body:   strings.NewReader("x"),
		})
		return err
	}
	for _, tt := range []struct{ service, key, refused string }{
		{"wide", "mine/1", ""},
		{"wide", "others/1", ""},
		{"narrow", "mine/2", ""},
		{"narrow", "others/2", "AccessDenied"},
	} {
		err := put(tt.service, tt.key)
		var api smithy.APIError
		code := ""
		if errors.As(err, &api) {
			code = api.ErrorCode()
		}
		if code != tt.refused || err != nil && code == "" {
			t.Errorf("service %s puts %s: %v, want %q", tt.service, tt.key, err, tt.refused)
		}
	}
	if n := strings.Count(s.Log(), `"msg":"new credentials"`); n != 2 {
		t.Errorf("MinIO gave %d keys, want one for each service", n)
	}
}
