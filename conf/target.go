package conf

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// checkTarget checks what depends on the server: what AWS refuses may be right elsewhere.
func (c *Config) checkTarget(report reporter) {
	c.eachBucket(report, (*Config).checkBucket)
	c.eachBucket(report, (*Config).checkDirectory)
	c.checkRegion(report)
	c.checkAmazonEndpoint(report)
	c.checkRoleAccount(report)
	c.checkWord(report, "storage_class", c.StorageClass, storageClasses)
	c.checkWord(report, "canned_acl", c.CannedACL, cannedACLs)
}

// atAWS reports whether objects go to Amazon S3.
func (c *Config) atAWS() bool { return c.Endpoint == "" || amazonHost(c.Endpoint) != "" }

// amazonHost returns the host of an endpoint of AWS, "" of any other.
func amazonHost(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	for _, suffix := range []string{".amazonaws.com", ".amazonaws.com.cn"} {
		if strings.HasSuffix(u.Hostname(), suffix) {
			return u.Hostname()
		}
	}
	return ""
}

// checkAmazonEndpoint checks an endpoint that is Amazon's own: requests are addressed by path there.
func (c *Config) checkAmazonEndpoint(report reporter) {
	host := amazonHost(c.Endpoint)
	if host == "" || strings.Contains(host, ".vpce.") {
		return
	}
	if strings.HasPrefix(host, c.Bucket+".s3") {
		report("endpoint", "%q has the bucket's name in it: remove endpoint, since bucket and region say where it is",
			c.Endpoint)
		return
	}
	for _, label := range strings.Split(host, ".") {
		region := strings.TrimPrefix(label, "s3-")
		if region != c.Region && slices.Contains(regions, region) {
			c.warn("remove endpoint %s, or set region %s: endpoint is of another region than region %s",
				c.Endpoint, region, c.Region)
		}
	}
}

// Values of S3 (types.StorageClass and types.ObjectCannedACL of the SDK's service/s3 v1.114.8). A test in setup
// holds them to the SDK's.
var (
	storageClasses = strings.Fields(`STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING
		GLACIER DEEP_ARCHIVE OUTPOSTS GLACIER_IR SNOW EXPRESS_ONEZONE FSX_OPENZFS FSX_ONTAP
		AWS_BACKUP_WARM AWS_BACKUP_LOW_COST_WARM`)
	cannedACLs = strings.Fields(`private public-read public-read-write authenticated-read aws-exec-read
		bucket-owner-read bucket-owner-full-control`)
)

// checkWord checks a value that S3 takes from a list, in this case of letters. Other servers have words of their own.
func (c *Config) checkWord(report reporter, property, value string, known []string) {
	if value == "" || slices.Contains(known, value) {
		return
	}
	remedy := "use " + strings.Join(known, ", ")
	if near := closest(value, known); near != "" {
		remedy = "did you mean " + near + "?"
	}
	if c.atAWS() {
		report(property, "%q is not known to S3: %s", value, remedy)
		return
	}
	c.warn("check %s %s, which S3 does not know: %s", property, value, remedy)
}

func (c *Config) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
}
