package conf

import (
	"regexp"
	"strings"
)

// accountID matches AWS's account numbers.
var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Resources of access points, after arn:aws:s3:REGION:ACCOUNT: or arn:aws:s3-outposts:REGION:ACCOUNT:
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
var (
	accessPoint        = regexp.MustCompile(`^accesspoint[:/][a-z0-9][a-z0-9.-]+$`)
	outpostAccessPoint = regexp.MustCompile(`^outpost[:/]op-[a-z0-9]+[:/]accesspoint[:/][a-z0-9][a-z0-9-]+$`)
)

// checkARN returns what is wrong with a bucket that is an ARN. A bucket's own is refused, since S3 takes its name
// alone; an access point's is accepted.
func (c *Config) checkARN(report reporter) string {
	const write = "write arn:aws:s3:eu-west-1:123456789012:accesspoint/name, or the bucket's name alone"
	parts := strings.SplitN(c.Bucket, ":", 6)
	if len(parts) < 6 {
		return "is not an ARN: " + write
	}
	service, region, account, resource := parts[2], parts[3], parts[4], parts[5]
	switch {
	case service == "s3" && region == "" && account == "":
		return notAName(resource)
	case service == "s3-object-lambda":
		return "is an Object Lambda access point, which takes no objects: write the bucket's name"
	case service == "s3" && accessPoint.MatchString(resource):
	case service == "s3-outposts" && outpostAccessPoint.MatchString(resource):
	default:
		return "is not the ARN of an access point: " + write
	}
	if !accountID.MatchString(account) {
		return "has no account of 12 digits: " + write
	}
	if c.Endpoint != "" {
		return "is an access point of Amazon S3, and endpoint " + c.Endpoint + " another server: remove endpoint, " +
			"or write the bucket's name"
	}
	multiRegion := region == "" && strings.HasSuffix(resource, ".mrap")
	if region != c.Region && !multiRegion {
		if region == "" {
			return "names no region: " + write
		}
		report("region", "%q is not the access point's: set region %s", c.Region, region)
	}
	return ""
}

// checkRoleAccount checks the account of role_arn, which only AWS has in any case.
func (c *Config) checkRoleAccount(report reporter) {
	if c.RoleARN == "" || c.STSEndpoint != "" || !c.atAWS() {
		return
	}
	if account := strings.Split(c.RoleARN, ":")[4]; !accountID.MatchString(account) {
		report("role_arn", "%q has the account %q, which is not 12 digits: write arn:aws:iam::123456789012:role/name",
			c.RoleARN, account)
	}
}
