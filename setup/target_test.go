package setup_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sluice/creds/standard"
	"sluice/setup"
)

// TestSDK: conf, which may not import the SDK, knows all of its regions, storage classes and ACLs.
func TestSDK(t *testing.T) {
	known := func(property, value string) {
		t.Helper()
		c, err := parse(map[string]string{"bucket": "logs", property: value}, nil)
		if err != nil || len(c.Warnings) > 0 {
			t.Errorf("%s %s: %v, %q, add it to the table in conf", property, value, err, c.Warnings)
		}
	}
	for _, region := range types.BucketLocationConstraint("").Values() {
		if region != types.BucketLocationConstraintEu { // an old name of eu-west-1 for CreateBucket
			known("region", string(region))
		}
	}
	for _, class := range types.StorageClass("").Values() {
		known("storage_class", string(class))
	}
	for _, acl := range types.ObjectCannedACL("").Values() {
		known("canned_acl", string(acl))
	}
}

// TestParseRecorded: what is recorded with data is not measured by rules, and the environment counts nevertheless.
func TestParseRecorded(t *testing.T) {
	env := map[string]string{}
	sources := standard.NewSources(standard.Environment{Getenv: func(name string) string { return env[name] }})
	recorded := map[string]string{"bucket": "s3://logs", "region": "nowhere"}
	lookup := func(name string) (string, bool) { value, set := recorded[name]; return value, set }
	if _, err := setup.Parse(lookup, sources); err == nil {
		t.Error("Parse takes the bucket, want a mistake")
	}
	env["AWS_ENDPOINT_URL"] = "http://minio:9000"
	if c, err := setup.ParseRecorded(lookup, sources); err != nil || c.Bucket != "s3://logs" ||
		c.Endpoint != "http://minio:9000" {
		t.Errorf("ParseRecorded = %+v, %v, want the bucket as it is at the environment's endpoint", c, err)
	}
}
