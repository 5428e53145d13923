package conf

import (
	"regexp"
	"strings"
)

// directoryBucket matches the names of directory buckets (S3 Express One Zone), which end in the ID of their zone
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html).
var directoryBucket = regexp.MustCompile(`^.+--([a-z0-9]+)(?:-[a-z0-9]+)?-az[0-9]+--x-s3$`)

// isDirectory reports whether the bucket is a directory bucket.
func (c *Config) isDirectory() bool { return strings.HasSuffix(c.Bucket, "--x-s3") }

// directoryRegion returns the region of a directory bucket, "" if its zone is not known.
func directoryRegion(bucket string) string {
	m := directoryBucket.FindStringSubmatch(bucket)
	if m == nil {
		return ""
	}
	for _, region := range regions {
		if zonePrefix(region) == m[1] {
			return region
		}
	}
	return ""
}

// zonePrefix returns how the IDs of a region's zones begin: apne1 for ap-northeast-1.
func zonePrefix(region string) string {
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c", "gov", "g",
		"-", "")
	return short.Replace(region)
}

// adoptRegion takes the region that the bucket's own name says, if nothing else names one.
func (c *Config) adoptRegion() {
	if !c.RegionUnset || !c.atAWS() {
		return
	}
	region := directoryRegion(c.Bucket)
	if parts := strings.SplitN(c.Bucket, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		region = parts[3]
	}
	if region != "" {
		c.Region, c.RegionUnset = region, false
	}
}

// checkDirectory refuses what directory buckets do not take
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html).
func (c *Config) checkDirectory(report reporter) {
	if !c.isDirectory() || !c.atAWS() {
		return
	}
	for _, each := range []struct {
		property string
		set      bool
	}{
		{"tags", len(c.Tags) > 0},
		{"canned_acl", c.CannedACL != ""},
		{"grant_full_control", c.GrantFullControl != ""},
		{"grant_read", c.GrantRead != ""},
		{"grant_read_acp", c.GrantReadACP != ""},
		{"grant_write_acp", c.GrantWriteACP != ""},
		{"sse_customer_key_file", c.SSECustomerKeyFile != ""},
		{"object_lock_mode", c.LockMode != ""},
		{"object_lock_legal_hold", c.LegalHold},
		{"request_payer", c.RequestPayer != ""},
		{"force_path_style", c.PathStyle && c.Endpoint == ""},
	} {
		if each.set {
			report(each.property, "is not possible with directory bucket %s: remove it", c.Bucket)
		}
	}
	if c.SSE == "aws:kms:dsse" {
		report("sse", "aws:kms:dsse is not possible with directory bucket %s: use aws:kms or AES256", c.Bucket)
	}
	if c.StorageClass != "" && !strings.EqualFold(c.StorageClass, "EXPRESS_ONEZONE") {
		report("storage_class", "%q is not possible with directory bucket %s: remove it", c.StorageClass, c.Bucket)
	}
	switch region := directoryRegion(c.Bucket); {
	case directoryBucket.FindString(c.Bucket) == "":
		report("bucket", "%q is not the name of a directory bucket: write name--use1-az4--x-s3, by its zone",
			c.Bucket)
	case region == "":
		c.warn("check the zone in bucket %s, which this version does not know", c.Bucket)
	case region != c.Region:
		report("region", "%q is not that of directory bucket %s: set region %s", c.Region, c.Bucket, region)
	}
}
