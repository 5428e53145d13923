package conf_test

import (
	"strings"
	"testing"

	"sluice/conf"
)

// target are the checks of what depends on the server.
var target = conf.Checks{Target: true}

// outcome returns what Parse says of settings, with warnings marked as such.
func outcome(settings string) string {
	c, err := conf.Parse(lookup(strings.Fields(settings)...), target)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, w := range c.Warnings {
		all = append(all, "warning: "+w)
	}
	return strings.Join(all, "; ")
}

// TestTarget: what cannot work at AWS is a mistake with a remedy, what may work a warning, and what works neither.
func TestTarget(t *testing.T) {
	const minio = " endpoint=http://minio:9000"
	for _, tt := range []struct{ settings, want string }{
		{"bucket=logs", ""},
		{"bucket=my-logs.eu", ""},
		{"bucket=logs-abcdefghijklmnopqrstuvwxyz-s3alias", ""},
		{"bucket=logs--use1-az4--x-s3", ""},
		{"bucket=logs--apne1-az4--x-s3", ""}, // its region counts
		{"bucket=logs--usw2-lax1-az1--x-s3", ""},
		{
			"bucket=logs--usw2-az1--x-s3 region=us-east-1",
			`region "us-east-1" is not that of directory bucket logs--usw2-az1--x-s3: set region us-west-2`,
		},
		{"bucket=logs--x-s3", "is not the name of a directory bucket: write name--use1-az4--x-s3"},
		{"bucket=logs--qqq1-az1--x-s3", "warning: check the zone in bucket logs--qqq1-az1--x-s3"},
		{"bucket=logs--use1-az4--x-s3 tags=a=1", "tags is not possible with directory bucket"},
		{"bucket=logs--use1-az4--x-s3 canned_acl=private", "canned_acl is not possible with directory bucket"},
		{"bucket=logs--use1-az4--x-s3 grant_read=id=a", "grant_read is not possible with directory bucket"},
		{"bucket=logs--use1-az4--x-s3 request_payer=requester", "request_payer is not possible with"},
		{"bucket=logs--use1-az4--x-s3 object_lock_legal_hold=on", "object_lock_legal_hold is not possible with"},
		{"bucket=logs--use1-az4--x-s3 force_path_style=on", "force_path_style is not possible with"},
		{"bucket=logs--use1-az4--x-s3 sse=aws:kms:dsse", "use aws:kms or AES256"},
		{"bucket=logs--use1-az4--x-s3 sse=aws:kms sse_kms_key_id=k", ""},
		{"bucket=logs--use1-az4--x-s3 storage_class=GLACIER", `storage_class "GLACIER" is not possible with`},
		{"bucket=logs--use1-az4--x-s3 storage_class=EXPRESS_ONEZONE", ""},
		{
			"bucket=s3://my-logs/foo/",
			`"s3://my-logs/foo/" is not a bucket's name: write bucket my-logs, and put foo/ at`,
		},
		{"bucket=s3://my-logs", "write bucket my-logs"},
		{"bucket=my-logs/", `"my-logs/" is not a bucket's name: write bucket my-logs`},
		{"bucket=https://s3.amazonaws.com/my-logs", "write bucket logs, the name alone"},
		{"bucket=arn:aws:s3:::my-logs", "write bucket my-logs"},
		{"bucket=arn:aws:s3:::my-logs/foo/*", "write bucket my-logs, and put foo/*/ at"},
		{"bucket=ab", "has 2 characters, and a bucket's name 3 to 63"},
		{"bucket=192.168.5.4", "is an IP address"},
		{"bucket=my..logs", "has two dots in a row"},
		{"bucket=-logs", "must begin and end with a letter"},
		{"bucket=xn--logs", "begins with xn--, which is reserved"},
		{"bucket=logs--ol-s3", "is an Object Lambda access point"},
		{"bucket=My_Logs region=eu-west-1", "has other characters than lower-case"},
		{"bucket=My_Logs", "warning: check that bucket My_Logs exists"},
		{"bucket=My_Logs" + minio, "warning: rename bucket My_Logs if the server refuses it"},
		{"bucket=b" + minio, ""},
		{"bucket=s3://my-logs" + minio, "write bucket my-logs"},
		{"bucket=arn:aws:s3:eu-west-1:123456789012:accesspoint/logs region=eu-west-1", ""},
		{"bucket=arn:aws:s3:eu-west-1:123456789012:accesspoint/logs", ""}, // its region counts
		{
			"bucket=arn:aws:s3:eu-west-1:123456789012:accesspoint/logs region=us-east-1",
			`region "us-east-1" is not the access point's: set region eu-west-1`,
		},
		{
			"bucket=arn:aws:s3:eu-west-1:123456789012:accesspoint/logs" + minio,
			"and endpoint http://minio:9000 another server: remove endpoint",
		},
		{"bucket=arn:aws:s3:us-east-1:1234:accesspoint/logs", "has no account of 12 digits"},
		{"bucket=arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", ""},
		{"bucket=arn:aws:s3::123456789012:accesspoint/logs", "names no region"},
		{"bucket=arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-01ac/accesspoint/logs", ""},
		{
			"use_fips=on bucket=arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
			"use_fips is not possible with a multi-region access point: remove it",
		},
		{
			"use_dualstack=on bucket=arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-01ac/accesspoint/logs",
			"use_dualstack is not possible with an access point of Outposts: remove it",
		},
		{"bucket=arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/logs", "takes no objects"},
		{"bucket=arn:aws:sqs:us-east-1:123456789012:logs", "is not the ARN of an access point"},
		{"bucket=arn:aws", "is not an ARN"},
		{"bucket=logs region=us-esat-1", `region "us-esat-1" is not a region of AWS: did you mean us-east-1?`},
		{"bucket=logs region=EU-WEST-1", "did you mean eu-west-1?"},
		{"bucket=logs region=eu-west-1a", `region "eu-west-1a" is a zone: set region eu-west-1`},
		{"bucket=logs region=us-west-2-lax-1a", "set region us-west-2"},
		{"bucket=logs region=nowhere", "write a region such as eu-west-1"},
		{
			"bucket=logs region=ap-southeast-9",
			"warning: check region ap-southeast-9, which this version does not know: did you mean",
		},
		{"bucket=logs region=eusc-de-east-1", ""},
		{"bucket=logs region=fips-us-east-1", ""},
		{"bucket=logs region=garage" + minio, ""},
		{
			"bucket=logs storage_class=standard_ia",
			`storage_class "standard_ia" is not known to S3: did you mean STANDARD_IA?`,
		},
		{"bucket=logs storage_class=BAR", "is not known to S3: use STANDARD, "},
		{"bucket=logs canned_acl=public_read", "did you mean public-read?"},
		{"bucket=logs storage_class=STANDARD_IA", ""},
		{"bucket=logs storage_class=HOT" + minio, "warning: check storage_class HOT"},
		{"bucket=logs role_arn=arn:aws:iam::1234:role/r", `has the account "1234", which is not 12 digits`},
		{"bucket=b role_arn=arn:aws:iam::1234:role/r" + minio, ""},
		{"bucket=logs sts_endpoint=http://sts:1 role_arn=arn:aws:iam::1234:role/r", ""},
		{"bucket=logs endpoint=logs.s3.us-east-1.amazonaws.com", "has the bucket's name in it: remove endpoint"},
		{
			"bucket=logs endpoint=s3.eu-west-1.amazonaws.com",
			"warning: remove endpoint https://s3.eu-west-1.amazonaws.com, or set region eu-west-1",
		},
		{"bucket=logs endpoint=s3-eu-west-1.amazonaws.com", "or set region eu-west-1"},
		{"bucket=lo endpoint=s3.us-east-1.amazonaws.com", "has 2 characters"},
		{"bucket=logs endpoint=bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com", ""},
		{"bucket=lo region=nowhere endpoint=http://h/path", `configuration mistake: endpoint`},
	} {
		settings, want := tt.settings, tt.want
		got := outcome(settings)
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", settings, got, want)
		}
		if strings.Contains(got, " mistakes") {
			t.Errorf("%s: %q, want one mistake", settings, got)
		}
	}
}

// TestTargetOnDemand: recorded settings are not measured by rules.
func TestTargetOnDemand(t *testing.T) {
	if _, err := conf.Parse(lookup("bucket=s3://lo", "region=nowhere"), conf.Checks{}); err != nil {
		t.Errorf("without Target: %v", err)
	}
}
