package config

import "strings"

// partition is a part of AWS with accounts and endpoints of its own.
type partition struct {
	name   string // in ARNs
	prefix string // of the names of its regions
	region string // whose STS is asked if no region is set
}

// partitions are those that AWS's SDKs know, with aws last, whose prefix fits all
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json).
var partitions = []partition{
	{"aws-cn", "cn-", "cn-northwest-1"},
	{"aws-us-gov", "us-gov-", "us-gov-west-1"},
	{"aws-iso-b", "us-isob-", "us-isob-east-1"},
	{"aws-iso-f", "us-isof-", "us-isof-south-1"},
	{"aws-iso-e", "eu-isoe-", "eu-isoe-west-1"},
	{"aws-iso", "us-iso-", "us-iso-east-1"},
	{"aws-eusc", "eusc-", "eusc-de-east-1"},
	{"aws", "", "us-east-1"},
}

// partitionOfRegion returns a region's partition.
func partitionOfRegion(region string) partition {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{} // not reached: the last prefix is empty
}

// partitionOfRole returns the partition of a role's ARN, false if it names none.
func partitionOfRole(arn string) (partition, bool) {
	for _, p := range partitions {
		if strings.HasPrefix(arn, "arn:"+p.name+":") {
			return p, true
		}
	}
	return partition{}, false
}
