package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"sluice/output/s3test"
)

// With --live a test object is written beside the example key and removed, and what S3 says
// is a mistake.
func TestCheckLive(t *testing.T) {
	s3 := s3test.Start(t)
	check := func(more ...string) []string {
		return append([]string{"check", "--live", "bucket=logs", "endpoint=" + s3.URL, "s3_key_format=/a/b",
			"static_file_path=on"}, more...)
	}
	example{
		name: "it works", env: keys, args: check(),
		stdout: []string{
			`^  keys  .AKIAIOSFODNN7EXAMPLE from environment, expires never.$`,
			`^  live  the bucket is in us-east-1$`,
			`^  live  object a/b-sluice-check-[A-Z0-9]+ was written and removed$`,
		},
	}.check(t, "")
	if s3.Len() != 0 || s3.Count("put") != 1 || s3.Count("delete") != 1 {
		t.Errorf("requests: %v", s3.Requests())
	}
	s3.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		s3test.Fail(w, http.StatusForbidden, "AccessDenied")
		return true
	})
	example{
		name: "it may not delete", env: keys, args: check(),
		stdout: []string{`^  live  remove the test object a/b-sluice-check-\S+, or allow s3:DeleteObject: `},
	}.check(t, "")
	s3.SetFault(func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Fail(w, http.StatusNotFound, "NoSuchBucket")
		return true
	})
	example{
		name: "no bucket", env: keys, args: check(), code: exitFailed,
		stderr: []string{`^command line: create the bucket, or correct the property bucket: UploadPart: NoSuchBucket`,
			`1 of 1 outputs cannot be used`},
	}.check(t, "")
	example{
		name: "no credentials", env: vars{}, args: check(), code: exitFailed,
		stderr: []string{`^command line: run "sluice creds explain" as Fluent Bit's user to see why: `},
	}.check(t, "")
	r := sluice(t.Context(), keys, check("--json")...)
	var doc struct {
		Outputs []struct {
			OK   bool
			Live live
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil || len(doc.Outputs) != 1 || doc.Outputs[0].OK ||
		!strings.HasPrefix(doc.Outputs[0].Live.Remedy, "create the bucket") || r.code != exitFailed {
		t.Errorf("JSON: %+v, %v\n%s", doc, err, r.stdout)
	}
}
