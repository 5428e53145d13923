package main

import "testing"

// TestCheckRecord: where a record would go, and what is probably a mistake in a key.
func TestCheckRecord(t *testing.T) {
	const record = `{"date":"2026-03-29T00:30:00Z","level":"info","k":{"ns":"a/b","pod_name":"p"}}`
	dir := t.TempDir()
	checkAll(t, dir, []example{
		{
			name: "key and bucket",
			args: []string{
				"check", "bucket=logs-$level", "bucket_allow=logs-info, logs-warn", "bucket_default=logs",
				"s3_key_format=/$TAG/ns=$k['ns']/dt=%Y-%m-%d/%H-$INDEX[%04d]", "key_time=record",
				"time_zone=Europe/Berlin", "--record", record,
			},
			stdout: []string{`bucket logs-info at Amazon`, `key   app.example/ns=a%2Fb/dt=2026-03-29/01-0000$`},
		},
		{
			name: "a bucket that may not be named",
			args: []string{
				"check", "bucket=logs-$level", "bucket_allow=logs-warn", "bucket_default=rest", "--record", record,
			},
			stdout: []string{`bucket rest at Amazon`},
		},
		{
			name: "what has many values, and a partition named as a member",
			args: []string{"check", "bucket=logs", "s3_key_format=/date=%F/$k['pod_name']/%S/$UUID", "key_time=record"},
			stdout: []string{
				`note  take \$k\['pod_name'\] out of s3_key_format if it has many values`,
				`note  take the seconds out of s3_key_format`,
				`note  name the partition date= of s3_key_format otherwise`,
			},
		},
		{
			name:   "no record",
			args:   []string{"check", "bucket=logs", "--record", "[1]"},
			code:   2,
			stdout: nothing,
			stderr: []string{`--record \[1\] is no JSON object: write {"level": "info"}`},
		},
		{
			name: "anybody would choose the bucket",
			args: []string{"check", "bucket=logs-$level"},
			code: 1,
			stderr: []string{
				`bucket "logs-\$level" has record fields or tag parts, .* list the buckets .* in bucket_allow`,
			},
		},
		{
			name: "lists that nothing chooses from, and buckets that cannot be",
			args: []string{"check", "bucket=logs", "bucket_allow=a", "time_zone=Berlin"},
			code: 1,
			stderr: []string{
				`bucket_allow and bucket_default need a record field in bucket, which is "logs": remove them`,
				`time_zone "Berlin" is not a known time zone`,
			},
		},
		{
			name: "each bucket by S3's rules",
			args: []string{"check", "bucket=$level", "bucket_allow=logs-info,Logs-Warn", "bucket_default=s3://x",
				"region=eu-west-1"},
			code: 1,
			stderr: []string{
				`bucket_allow "Logs-Warn" has other characters`,
				`bucket_default "s3://x" is not a bucket's name`,
			},
		},
	})
}
