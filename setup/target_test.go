package setup_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
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
