package wire

// The algorithms.
const (
	v4  = "AWS4-HMAC-SHA256"
	v4a = "AWS4-ECDSA-P256-SHA256"
)

// hosts are AWS's own, by use_fips and the like.
var hosts = []row{
	{},
	{settings: "force_path_style=on", host: "s3.us-east-1.amazonaws.com", path: "/logs/app.orders/k"},
	{settings: "bucket=my.logs", host: "s3.us-east-1.amazonaws.com", path: "/my.logs/app.orders/k"},
	{settings: "use_fips=on", host: "logs.s3-fips.us-east-1.amazonaws.com"},
	{env: "AWS_USE_FIPS_ENDPOINT=true", host: "logs.s3-fips.us-east-1.amazonaws.com"},
	{settings: "use_fips=off", env: "AWS_USE_FIPS_ENDPOINT=true"},
	{settings: "profile=fips", host: "logs.s3-fips.dualstack.us-east-1.amazonaws.com"},
	{settings: "use_dualstack=on", host: "logs.s3.dualstack.us-east-1.amazonaws.com"},
	{env: "AWS_USE_DUALSTACK_ENDPOINT=true", host: "logs.s3.dualstack.us-east-1.amazonaws.com"},
	{settings: "use_dualstack=off", env: "AWS_USE_DUALSTACK_ENDPOINT=true"},
	{settings: "use_fips=on use_dualstack=on", host: "logs.s3-fips.dualstack.us-east-1.amazonaws.com"},
	{settings: "use_fips=on force_path_style=on", host: "s3-fips.us-east-1.amazonaws.com", path: "/logs/app.orders/k"},
	{settings: "use_accelerate=on", host: "logs.s3-accelerate.amazonaws.com"},
	{settings: "use_accelerate=on use_dualstack=on", host: "logs.s3-accelerate.dualstack.amazonaws.com"},
	{settings: "use_accelerate=on use_fips=on", refused: "use_accelerate has no FIPS endpoints"},
	{settings: "use_accelerate=on", env: "AWS_USE_FIPS_ENDPOINT=true", refused: "Accelerate cannot be used with FIPS"},
	{settings: "use_accelerate=on force_path_style=on", refused: "use_accelerate needs the bucket's name in the host"},
	{settings: "use_accelerate=on bucket=my.logs", refused: "is not possible for a bucket with a dot"},
	{settings: "use_accelerate=on region=cn-north-1", refused: "S3 Accelerate cannot be used in this region"},
}

// regions are where requests go, and in whose partition.
var regions = []row{
	{settings: "region=eu-central-1", host: "logs.s3.eu-central-1.amazonaws.com", scope: v4 + " eu-central-1 s3"},
	{env: "AWS_REGION=eu-central-1", host: "logs.s3.eu-central-1.amazonaws.com", scope: v4 + " eu-central-1 s3"},
	{env: "AWS_DEFAULT_REGION=eu-west-2", host: "logs.s3.eu-west-2.amazonaws.com", scope: v4 + " eu-west-2 s3"},
	{settings: "profile=keys", host: "logs.s3.eu-central-1.amazonaws.com", scope: v4 + " eu-central-1 s3"},
	{settings: "region=us-east-1", env: "AWS_REGION=eu-central-1"},
	{settings: "region=us-gov-west-1", host: "logs.s3.us-gov-west-1.amazonaws.com", scope: v4 + " us-gov-west-1 s3"},
	{settings: "region=us-gov-west-1 use_fips=on", host: "logs.s3-fips.us-gov-west-1.amazonaws.com",
		scope: v4 + " us-gov-west-1 s3"},
	{settings: "region=cn-north-1", host: "logs.s3.cn-north-1.amazonaws.com.cn", scope: v4 + " cn-north-1 s3"},
	{settings: "region=cn-north-1 use_dualstack=on", host: "logs.s3.dualstack.cn-north-1.amazonaws.com.cn",
		scope: v4 + " cn-north-1 s3"},
	{settings: "region=cn-north-1 use_fips=on", refused: "Partition does not support FIPS"},
	{settings: "region=eusc-de-east-1", host: "logs.s3.eusc-de-east-1.amazonaws.eu", scope: v4 + " eusc-de-east-1 s3"},
	{settings: "region=us-iso-east-1", host: "logs.s3.us-iso-east-1.c2s.ic.gov", scope: v4 + " us-iso-east-1 s3"},
	{settings: "region=fips-us-east-1", host: "logs.s3-fips.us-east-1.amazonaws.com"},
	{settings: "region=eu-west-1a", refused: `region "eu-west-1a" is a zone: set region eu-west-1`},
}

const (
	point   = "bucket=arn:aws:s3:us-east-1:123456789012:accesspoint/logs"
	far     = "bucket=arn:aws:s3:eu-west-1:123456789012:accesspoint/logs"
	mrap    = "bucket=arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
	outpost = "bucket=arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-01ac5d28a6a232904/accesspoint/logs"
)

// accessPoints are buckets by another name.
var accessPoints = []row{
	{settings: point, host: "logs-123456789012.s3-accesspoint.us-east-1.amazonaws.com"},
	{settings: far, host: "logs-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", scope: v4 + " eu-west-1 s3"},
	{settings: far + " region=us-east-1", refused: "is not the access point's: set region eu-west-1"},
	{settings: far, env: "AWS_REGION=us-east-1", refused: "is not the access point's: set region eu-west-1"},
	{settings: point + " use_fips=on", host: "logs-123456789012.s3-accesspoint-fips.us-east-1.amazonaws.com"},
	{settings: point + " use_dualstack=on", host: "logs-123456789012.s3-accesspoint.dualstack.us-east-1.amazonaws.com"},
	{settings: point + " force_path_style=on", refused: "force_path_style is not possible with the ARN"},
	{settings: point + " use_accelerate=on", refused: "use_accelerate is not possible with the ARN"},
	{settings: point + " endpoint=https://s3.example.com", refused: "remove endpoint, or write the bucket's name"},
	{settings: "bucket=arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint/logs",
		host:  "logs-123456789012.s3-accesspoint.us-gov-west-1.amazonaws.com",
		scope: v4 + " us-gov-west-1 s3"},
	{settings: "bucket=arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/logs",
		host: "logs-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn", scope: v4 + " cn-north-1 s3"},
	{settings: "bucket=logs-metadatahash3qv8npmh-s3alias region=eu-west-1",
		host:  "logs-metadatahash3qv8npmh-s3alias.s3.eu-west-1.amazonaws.com",
		scope: v4 + " eu-west-1 s3"},
	{settings: mrap, host: "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", scope: v4a + " * s3"},
	{settings: mrap, env: "AWS_REGION=eu-west-1", host: "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com",
		scope: v4a + " * s3"},
	{settings: mrap + " use_fips=on", refused: "use_fips is not possible with a multi-region access point"},
	{settings: mrap, env: "AWS_USE_FIPS_ENDPOINT=true", refused: "S3 MRAP does not support FIPS"},
	{settings: mrap + " use_dualstack=on", refused: "use_dualstack is not possible with a multi-region access point"},
	{settings: mrap + " force_path_style=on", refused: "force_path_style is not possible with the ARN"},
	{settings: outpost, host: "logs-123456789012.op-01ac5d28a6a232904.s3-outposts.us-east-1.amazonaws.com",
		scope: v4a + " * s3-outposts"},
	{settings: outpost + " use_fips=on", refused: "use_fips is not possible with an access point of Outposts"},
	{settings: "bucket=arn:aws:s3:::logs", refused: "write bucket logs"},
}

const express = "bucket=logs--use1-az4--x-s3"

// directories are buckets of S3 Express One Zone, which hands out keys of its own.
var directories = []row{
	{settings: express, host: "logs--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
		operations: "CreateSession PutObject", scope: v4 + " us-east-1 s3express",
		headers: []string{"X-Amz-S3session-Token: sessiontoken", "X-Amz-Security-Token:",
			"X-Amz-Checksum-Crc64nvme: *"}},
	{settings: "bucket=logs--usw2-az1--x-s3", host: "logs--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com",
		operations: "CreateSession PutObject", scope: v4 + " us-west-2 s3express"},
	{settings: express + " use_fips=on", host: "logs--use1-az4--x-s3.s3express-fips-use1-az4.us-east-1.amazonaws.com",
		operations: "CreateSession PutObject", scope: v4 + " us-east-1 s3express"},
	{settings: express + " sse=aws:kms sse_kms_key_id=k",
		host:       "logs--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
		operations: "CreateSession PutObject", scope: v4 + " us-east-1 s3express"},
	{settings: express + " region=us-west-2", refused: "is not that of directory bucket logs--use1-az4--x-s3"},
	{settings: express, env: "AWS_REGION=us-west-2", refused: "set region us-east-1"},
	{settings: express + " tags=a=1", refused: "tags is not possible with directory bucket"},
	{settings: express + " canned_acl=private", refused: "canned_acl is not possible with directory bucket"},
	{settings: express + " object_lock_legal_hold=on", refused: "object_lock_legal_hold is not possible with"},
	{settings: express + " sse_customer_key_file=testdata/sse-c.key", refused: "sse_customer_key_file is not possible"},
	{settings: express + " use_accelerate=on", refused: "S3Express does not support S3 Accelerate"},
	{settings: express + " force_path_style=on", refused: "force_path_style is not possible with directory bucket"},
	{settings: "bucket=logs--x-s3", refused: "is not the name of a directory bucket"},
}

// servers are others than Amazon's.
var servers = []row{
	{settings: "endpoint=https://s3.example.com:9000", host: "s3.example.com:9000", path: "/logs/app.orders/k",
		headers: []string{"X-Amz-Checksum-Crc64nvme:", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD"}},
	{settings: "endpoint=https://s3.example.com force_path_style=off", host: "logs.s3.example.com"},
	{settings: "endpoint=s3.example.com region=garage", host: "s3.example.com", path: "/logs/app.orders/k",
		scope: v4 + " garage s3"},
	{env: "AWS_ENDPOINT_URL_S3=https://s3.example.com", host: "s3.example.com", path: "/logs/app.orders/k"},
	{env: "AWS_ENDPOINT_URL=https://all.example.com", host: "all.example.com", path: "/logs/app.orders/k"},
	{env: "AWS_ENDPOINT_URL=https://all.example.com AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
	{settings: "endpoint=https://s3.example.com", env: "AWS_USE_FIPS_ENDPOINT=true", host: "s3.example.com",
		path: "/logs/app.orders/k"},
	{settings: "endpoint=https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
		host: "bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com", path: "/logs/app.orders/k"},
	{settings: "endpoint=https://s3.example.com use_fips=on", refused: "use_fips chooses among Amazon's own hosts"},
	{settings: "endpoint=https://s3.example.com use_dualstack=on", refused: "use_dualstack chooses among Amazon's own"},
	{settings: "endpoint=https://s3.example.com use_accelerate=on", refused: "use_accelerate chooses among Amazon's"},
	{settings: "endpoint=https://s3.example.com/path", refused: "is not a valid endpoint"},
}
