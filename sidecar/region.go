package sidecar

import "strings"

// partition is a part of AWS with accounts and endpoints of its own.
type partition struct {
	name   string // in ARNs
	prefix string // of its regions' names
	region string // where STS is asked if nobody names a region
}

// partitions are those that AWS's SDKs know
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json).
func partitions() []partition {
	return []partition{
		{"aws-cn", "cn-", "cn-northwest-1"},
		{"aws-us-gov", "us-gov-", "us-gov-west-1"},
		{"aws-iso-b", "us-isob-", "us-isob-east-1"},
		{"aws-iso-f", "us-isof-", "us-isof-south-1"},
		{"aws-iso-e", "eu-isoe-", "eu-isoe-west-1"},
		{"aws-iso", "us-iso-", "us-iso-east-1"},
		{"aws-eusc", "eusc-", "eusc-de-east-1"},
		{"aws", "", "us-east-1"},
	}
}

// partitionOfRegion finds a region's partition.
func partitionOfRegion(region string) partition {
	all := partitions()
	for _, p := range all {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return all[len(all)-1]
}

// partitionOfRole finds the partition of a role's ARN; false if there is none of
// that name.
func partitionOfRole(arn string) (partition, bool) {
	for _, p := range partitions() {
		if strings.HasPrefix(arn, "arn:"+p.name+":") {
			return p, true
		}
	}
	return partition{}, false
}
