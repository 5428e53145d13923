package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

var checkFiles = map[string]string{
	"fluent-bit.conf": `@SET name=from-set
[INPUT]
    Name tail
    Path /var/log/*.log
[OUTPUT]
    Name        sluice
    Match       *
    Bucket      ${BUCKET}
    endpoint    http://127.0.0.1:9000
    Retry_Limit 5
    tls.verify  off
[OUTPUT]
    Name        null
    surprise    yes
@INCLUDE more.conf
`,
	"more.conf": "[OUTPUT]\n\tname s3\n\tbucket ${name}\n",
	"fluent-bit.yaml": `env:
  b: logs
includes:
  - more.yaml
pipeline:
  inputs:
    - name: dummy
  outputs:
    - name: sluice
      match: '*'
      bucket: ${b}
      total_file_size: 50M
    - name: sluice
      bucket: ${b}
      s3_key_format: logs
`,
	"more.yaml":  "pipeline:\n  outputs:\n    - {name: s3, bucket: '${b}', storageClass: null}\n",
	"empty.conf": "[OUTPUT]\n    Name stdout\n",
	"loop.conf":  "@INCLUDE loop.conf\n",
	"lost.conf":  "@INCLUDE nowhere.conf\n",
	"list.yaml":  "pipeline:\n  outputs:\n    - sluice\n",
	"bad.yaml":   "pipeline: [",
}

// TestCheck: what is right is shown with the key that an object would get, what is
// wrong with its place and remedy.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, checkFiles)
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), authority, 0o600); err != nil {
		t.Fatal(err)
	}
	checkAll(t, dir, []example{
		{
			name: "words",
			args: []string{
				"check", "bucket=logs", "compression=gzip", "s3_key_format=/a/$TAG[1]/$INDEX.gz", "--tag", "app.orders",
			},
			stdout: []string{
				`^command line: ok$`, `bucket logs at Amazon S3 in us-east-1`, `key   a/orders/0.gz`,
				`!replaces its time`,
			},
		},
		{
			name: "right, but not what was meant",
			args: []string{"check", "bucket=logs", "store_dir_limit_size=50M", "json_date_key=time"},
			stdout: []string{
				`note  raise store_dir_limit_size 50000000 above total_file_size 100000000`,
				`note  a record's own member "time" replaces its time`,
			},
		},
		{
			name: "what AWS would refuse",
			args: []string{"check", "bucket=s3://logs/app", "region=us-esat-1", "storage_class=standard_ia"},
			code: 1,
			stderr: []string{
				`bucket "s3://logs/app" is not a bucket's name: write bucket logs, and put app/ at`,
				`region "us-esat-1" is not a region of AWS: did you mean us-east-1\?`, `did you mean STANDARD_IA\?`,
			},
		},
		{
			name:   "what another server may take",
			env:    vars{"AWS_ENDPOINT_URL_S3": "http://minio:9000"},
			args:   []string{"check", "bucket=my_logs", "region=garage", "retry_exhausted_action=delete"},
			stdout: []string{`note  rename bucket my_logs if the server`, `note  set upload_retry_limit, too`},
		},
		{
			name:   "the environment's CA bundle",
			env:    vars{"AWS_CA_BUNDLE": "DIR/ca.pem"},
			args:   []string{"check", "bucket=logs"},
			stdout: []string{`^  ca    DIR/ca.pem$`},
		},
		{
			name:   "a CA bundle that does not exist",
			env:    vars{"AWS_CA_BUNDLE": "DIR/nowhere.pem"},
			args:   []string{"check", "bucket=logs"},
			code:   1,
			stdout: nothing,
			stderr: []string{`AWS_CA_BUNDLE "DIR/nowhere.pem" cannot be used: .*open DIR/nowhere.pem: no such`},
		},
		{
			name: "all mistakes at once",
			args: []string{"check", "compresion=gzip", "total_file_size=5Q"},
			code: 1,
			stderr: []string{
				`compresion is not known: did you mean compression\?`, `total_file_size "5Q" is`, `bucket is required`,
				`1 of 1 outputs cannot be used`,
			},
		},
		{
			name:   "no words",
			args:   []string{"check", "bucket=b", "nonsense"},
			code:   2,
			stderr: []string{`"nonsense" is not key=value: write a property`},
		},
		{
			name: "a classic file",
			env:  vars{"BUCKET": "from-env"},
			args: []string{"check", "DIR/fluent-bit.conf"},
			stdout: []string{
				`fluent-bit.conf:5: ok`, `bucket from-env at http://127.0.0.1:9000`,
				`note  Fluent Bit's engine keeps tls.verify for itself: for uploads set ssl_verify`,
				`note  set retry_limit no_limits`, `more.conf:1: ok`, `bucket from-set`,
			},
		},
		{
			name:   "a YAML file",
			args:   []string{"check", "DIR/fluent-bit.yaml"},
			code:   1,
			stdout: []string{`fluent-bit.yaml:9: ok`},
			stderr: []string{
				`fluent-bit.yaml:15:7: s3_key_format "logs"`, `more.yaml:3:34: storage_class "null" is not known`,
				`2 of 3 outputs cannot be used`,
			},
		},
		{name: "no output", args: []string{"check", "DIR/empty.conf"}, code: 1,
			stderr: []string{`has no output named sluice or s3`}},
		{name: "no file", args: []string{"check", "DIR/missing.conf"}, code: 1, stderr: []string{`no such file`}},
		{name: "a loop", args: []string{"check", "DIR/loop.conf"}, code: 1,
			stderr: []string{`loop.conf:1: .*loop.conf is included twice`}},
		{name: "a lost include", args: []string{"check", "DIR/lost.conf"}, code: 1,
			stderr: []string{`lost.conf:1: stat DIR/nowhere.conf: no such file`}},
		{name: "an output that is text", args: []string{"check", "DIR/list.yaml"}, code: 1,
			stderr: []string{`list.yaml:3: an output must be a map`}},
		{name: "no YAML", args: []string{"check", "DIR/bad.yaml"}, code: 1, stderr: []string{`bad.yaml: yaml`}},
	})
}
