package main

import "testing"

// TestCheckPlaces: each mistake has the line and column of its property; what an output lacks has that of the output.
func TestCheckPlaces(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.conf": "[OUTPUT]\n    name sluice\n    log_level loud\n    store_dir /a\n    Total_File_Size x\n" +
			"    match a\n    match b\n    STORE_DIR /b\n    region ${GONE}-1\n    tls.frob x\n",
		"b.yaml": "pipeline:\n  outputs:\n    - name: sluice\n      bucket: {a: b}\n" +
			"      region: [eu-west-1, eu-west-2]\n",
	})
	checkAll(t, dir, []example{
		{name: "classic", args: []string{"check", "DIR/a.conf"}, code: 1, stdout: nothing, stderr: []string{`\A` +
			`DIR/a.conf:1: bucket is required: .*\n` +
			`DIR/a.conf:3:5: log_level "loud" is not known: use off, .*\n` +
			`DIR/a.conf:5:5: total_file_size "x" is not a valid size: .*\n` +
			`DIR/a.conf:8:5: store_dir is set twice, first in line 4: remove one of them\n` +
			`DIR/a.conf:9:5: region needs the variable GONE, which is not set: set it .*\n` +
			`DIR/a.conf:10:5: tls.frob is not known.*\n` +
			`sluice: 1 of 1 outputs cannot be used\n\z`}},
		{name: "YAML", args: []string{"check", "DIR/b.yaml"}, code: 1, stdout: nothing, stderr: []string{
			`b.yaml:4:7: bucket is a map or a list, and Fluent Bit takes text: write one value`,
			`b.yaml:5:7: region is set twice, first in line 5`}},
		{name: "words", args: []string{"check", "bucket=logs", "bucket=logs"}, code: 1, stderr: []string{
			`^command line: bucket is set twice: remove one of them$`}},
	})
}

// TestCheckTwins: two outputs cannot have one spool.
func TestCheckTwins(t *testing.T) {
	const output = "[OUTPUT]\n name sluice\n bucket logs\n"
	checkAll(t, t.TempDir(), []example{
		{name: "one alias", args: []string{"check", "-"}, stdin: output + " alias a\n" + output + " alias a\n", code: 1,
			stdout: []string{`^standard input:1: ok$`}, stderr: []string{
				`^standard input:8:2: alias "a" is that of standard input:1, too, and so would the spool be: give`}},
		{name: "two folders", args: []string{"check", "-"},
			stdin: output + " alias a\n" + output + " alias a\n store_dir /tmp/b\n"},
		{name: "no alias", args: []string{"check", "-"}, stdin: output + output},
	})
}

// TestCheckStandardInput: either format is recognised.
func TestCheckStandardInput(t *testing.T) {
	checkAll(t, t.TempDir(), []example{
		{name: "classic", args: []string{"check", "-"}, stdin: "# x\n[OUTPUT]\n name s3\n bucket logs\n",
			stdout: []string{`^standard input:2: ok$`}},
		{name: "YAML", args: []string{"check", "-"},
			stdin:  "# x\npipeline:\n  outputs:\n    - {name: s3, bucket: logs}\n",
			stdout: []string{`^standard input:4: ok$`}},
		{name: "nothing", args: []string{"check", "-"}, code: 1, stderr: []string{`- has no output named`}},
	})
}

// TestCheckHints: settings that have no effect are named with those that have.
func TestCheckHints(t *testing.T) {
	const note = "  note  "
	with := func(properties ...string) []string { return append([]string{"check", "bucket=logs"}, properties...) }
	checkAll(t, t.TempDir(), []example{
		{name: "host", args: with("host=minio", "port=9000"), code: 1, stderr: []string{
			`host has no effect on uploads: set endpoint http://minio:9000`}},
		{name: "host with TLS", args: with("host=minio", "tls=on"), code: 1, stderr: []string{
			`set endpoint https://minio$`}},
		{name: "host and endpoint", args: with("host=a", "endpoint=http://minio:9000", "retry_limit=no_limits"),
			stdout: []string{note + `remove host: it has no effect`, `!retry_limit`}},
		{name: "host and the environment's endpoint", env: vars{"AWS_ENDPOINT_URL": "http://minio"},
			args: with("host=minio"), stdout: []string{note + `remove host`}},
		{name: "no scheme", args: with("endpoint=minio:9000"), stdout: []string{
			note + `write endpoint http://minio:9000 for plain HTTP: https is used without it`}},
		{name: "no scheme and HTTPS's port", args: with("endpoint=minio:443"), stdout: []string{`!plain HTTP`}},
		{name: "TLS on", args: with("endpoint=http://minio", "tls=on"), stdout: []string{
			note + `write endpoint https://minio for TLS`}},
		{name: "TLS off", args: with("endpoint=https://minio", "tls=off"), stdout: []string{
			note + `write endpoint http://minio for plain HTTP`}},
		{name: "others", args: with("net.keepalive=off", "tls.crt_file=/a"), stdout: []string{
			note + `remove net.keepalive: it has no`, note + `remove tls.crt_file`}},
		{name: "an STS for nobody", args: with("sts_endpoint=http://sts"), stdout: []string{
			note + `set role_arn, or remove sts_endpoint`}},
		{name: "an STS for a role", args: with("sts_endpoint=http://sts", "role_arn=arn:aws:iam::1:role/r"),
			stdout: []string{`!sts_endpoint`}},
		{name: "a part that the tag lacks", args: with("s3_key_format=/$TAG[1]/$TAG[2]/$TAG[2]"), stdout: []string{
			note + `name a tag that has a part \$TAG\[2\] with --tag.*the tag app.example has 2 parts$`,
			`!\$TAG\[1\] with`}},
		{name: "a tag that has it", args: with("s3_key_format=/$TAG[2]", "--tag", "a.b.c"), stdout: []string{`!--tag`}},
	})
}

// TestCheckJSON: the document has the same fields whatever is wrong.
func TestCheckJSON(t *testing.T) {
	text := "[OUTPUT]\n name sluice\n alias a\n bucket logs\n retry_limit off\n s3_key_format /$TAG/$INDEX\n" +
		"[OUTPUT]\n name s3\n match &\n bucket s3://logs\n"
	example{args: []string{"check", "--json", "-"}, stdin: text, code: 1,
		stderr: []string{`\Asluice: 1 of 2 outputs cannot be used\n\z`},
		stdout: []string{`\A` + `\{
  "outputs": \[
    \{
      "name": "a",
      "file": "standard input",
      "line": 1,
      "ok": true,
      "bucket": "logs",
      "region": "us-east-1",
      "endpoint": "",
      "host": "logs.s3.us-east-1.amazonaws.com",
      "format": "json_lines",
      "compression": "none",
      "key": "app.example/0",
      "mistakes": \[\],
      "notes": \[(\n.*is in memory.*\n *)?\]
    \},
    \{
      "name": "s3",
      "file": "standard input",
      "line": 7,
      "ok": false,
      "bucket": "",
      "region": "",
      "endpoint": "",
      "host": "",
      "format": "",
      "compression": "",
      "key": "",
      "mistakes": \[
        \{
          "property": "bucket",
          "file": "standard input",
          "line": 10,
          "column": 2,
          "problem": "\\"s3://logs\\" is not a bucket's name: write bucket logs"
        \}
      \],
      "notes": \[\]
    \}
  \]
\}
\z`}}.check(t, t.TempDir())
}
