package conf

import (
	"regexp"
	"slices"
	"strings"
)

// regions are those of S3 in all partitions. A test in setup holds them to the SDK's types.BucketLocationConstraint,
// which lacks the first one and those of the partitions aws-eusc and aws-iso*
// (service/s3/internal/endpoints/endpoints.go, v1.114.8).
var regions = strings.Fields(`us-east-1
	af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
	ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
	ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
	eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1
	us-east-2 us-west-1 us-west-2
	cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1
	us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-east-1 us-isof-south-1
	aws-global`)

var (
	// zone matches availability zones such as eu-west-1a, and local ones such as us-west-2-lax-1a.
	zone = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-[0-9]+)(?:-[a-z]+-[0-9]+)?[a-z]$`)
	// newRegion matches what a region may be called that this version does not know.
	newRegion = regexp.MustCompile(
		`^[a-z]{2,4}(-[a-z]{2,5})?-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9]{1,2}$`)
)

// checkRegion checks the region, which is anything at another server than AWS.
func (c *Config) checkRegion(report reporter) {
	if !c.atAWS() {
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(c.Region, "fips-"), "-fips") // the SDK takes both for use_fips
	if slices.Contains(regions, name) {
		return
	}
	if m := zone.FindStringSubmatch(name); m != nil && slices.Contains(regions, m[1]) {
		report("region", "%q is a zone: set region %s", c.Region, m[1])
		return
	}
	meant := ""
	if near := closest(name, regions); near != "" {
		meant = ": did you mean " + near + "?"
	}
	if newRegion.MatchString(name) {
		c.warn("check region %s, which this version does not know%s", c.Region, meant)
		return
	}
	if meant == "" {
		meant = ": write a region such as eu-west-1, or the server's address as endpoint"
	}
	report("region", "%q is not a region of AWS%s", c.Region, meant)
}
