package conf_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/conf"
)

func TestProtection(t *testing.T) {
	c, err := conf.Parse(lookup(
		"bucket=b",
		"server_side_encryption=AWS:KMS",
		"ssekms_key_id=key",
		"sse_bucket_key=on",
		`sse_kms_encryption_context={"a":"b"}`,
		"tags=team=$TAG[0]&path=a%3Db",
		"metadata=x-y=1",
		"object_lock_mode=governance",
		"object_lock_retain=90d",
		"request_payer=Requester",
		"expected_bucket_owner=123456789012",
	), conf.Checks{})
	if err != nil {
		t.Fatal(err)
	}
	if c.SSE != "aws:kms" || c.SSEKeyID != "key" || !c.SSEBucketKey || c.LockMode != "GOVERNANCE" ||
		c.LockRetain != 90*24*time.Hour || c.RequestPayer != "requester" ||
		!reflect.DeepEqual(c.Tags, []conf.Pair{{"team", "$TAG[0]"}, {"path", "a=b"}}) ||
		!reflect.DeepEqual(c.Metadata, []conf.Pair{{"x-y", "1"}}) {
		t.Errorf("%+v", c)
	}
	// What travels with the data is read back as it was.
	again, err := conf.Parse(func(name string) (string, bool) {
		value, set := c.Destination()[name]
		if name == "bucket" {
			return "b", true
		}
		return value, set
	}, conf.Checks{})
	c.RegionUnset = false // it is recorded
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("read back: %+v, %v, want %+v", again, err, c)
	}
}

// TestProtectionMistakes: what contradicts is refused, with the remedy.
func TestProtectionMistakes(t *testing.T) {
	for settings, want := range map[string]string{
		"sse=aes":          `sse "aes" is not known: use AES256, aws:kms or aws:kms:dsse`,
		"sse_kms_key_id=k": `sse_kms_key_id "k" needs sse aws:kms or aws:kms:dsse: set it`,
		"sse=AES256 sse_kms_encryption_context={\"a\":\"b\"}": "sse_kms_encryption_context",
		"sse=aws:kms sse_kms_encryption_context=x":            "is not a JSON object of texts",
		"sse=aws:kms:dsse sse_bucket_key=on":                  "sse_bucket_key needs sse aws:kms",
		"sse=AES256 sse_customer_key_file=f":                  `sse_customer_key_file "f" excludes sse AES256`,
		"sse_customer_key_file=f endpoint=http://h":           "would be sent in the clear to http://h: use https",
		"sse_customer_key_file=bad":                           `sse_customer_key_file "bad" cannot be read`,
		"tags=a":                                              `tags "a" is not valid: write name=value`,
		"tags=a=1&a=2":                                        "has a twice: remove one of them",
		"tags=a=%x":                                           "write %25 for a percent sign",
		"tags=aws:a=1":                                        "begins with aws:, which is reserved",
		"tags=a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1":    "has 11 tags: S3 takes at most 10",
		"tags=a=b%26c":                                        "has a character at a that S3 does not take",
		"tags=a=bad":                                          `tags "a=bad" has a bad part`,
		"metadata=a_ä=1":                                      "which a header cannot have",
		"metadata=a=ä":                                        "in the value of a that a header cannot have",
		"metadata=Sluice-Id=1":                                "by which sluice recognises its objects",
		"metadata=a=" + strings.Repeat("x", 2048):             "has 2049 bytes: S3 takes at most 2048",
		"object_lock_mode=GOVERNANCE":                         "need each other: set both or neither",
		"object_lock_retain=1h object_lock_mode=COMPLIANCE":   `object_lock_retain "1h" is too short`,
		"canned_acl=private grant_read=id=a":                  `canned_acl "private" excludes grant_full_control`,
		"use_fips=on endpoint=https://h":                      "use_fips chooses among Amazon's own hosts",
		"use_accelerate=on force_path_style=on":               "use_accelerate needs the bucket's name in the host",
		"use_accelerate=on use_fips=on":                       "use_accelerate has no FIPS endpoints",
		"use_accelerate=on bucket=my.logs":                    "is not possible for a bucket with a dot",
		"force_path_style=on bucket=arn:aws:s3:::a":           "force_path_style is not possible",
		"request_payer=me":                                    "use requester",
		"expected_bucket_owner=12":                            "write its 12 digits",
	} {
		_, err := conf.Parse(lookup(append(strings.Fields(settings), "bucket=b")...), conf.Checks{
			Text: func(text, _ string) error {
				if text == "bad" {
					return errors.New("has a bad part")
				}
				return nil
			},
			CustomerKey: func(file string) error {
				if file == "bad" {
					return errors.New("cannot be read")
				}
				return nil
			},
		})
		var mistakes conf.Mistakes
		if !errors.As(err, &mistakes) || len(mistakes) != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one mistake with %q", settings, err, want)
		}
	}
}
