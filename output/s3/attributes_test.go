package s3

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// every has every attribute.
var every = Attributes{
	ContentType: "application/x-ndjson", ContentEncoding: "gzip", CacheControl: "no-store", ACL: "private",
	StorageClass:     "STANDARD_IA",
	GrantFullControl: "id=a", GrantRead: "id=b", GrantReadACP: "id=c", GrantWriteACP: "id=d",
	SSE: "aws:kms", SSEKeyID: "key", SSEBucketKey: true, SSEContext: `{"a":"b"}`, CustomerKeyFile: "read by the test",
	Checksum: "sha256", Tags: "team=a", Metadata: map[string]string{"team": "a"},
	LockMode: "GOVERNANCE", LockUntil: time.Unix(1, 0),
	LegalHold: true, ExpectedOwner: "123456789012", RequestPayer: "requester",
}

// TestAttributes: every attribute is sent, and a multipart upload gets all that a PutObject gets.
func TestAttributes(t *testing.T) {
	for field, value := range reflect.ValueOf(every).Fields() {
		if value.IsZero() {
			t.Errorf("the test's attributes lack %s", field.Name)
		}
	}
	text := "x"
	target := Target{Bucket: "b", Key: "k", ID: "id", Attributes: every, key: customerKey{&text, &text, &text}}
	put := reflect.ValueOf(*putInput(target))
	create := reflect.ValueOf(*request[awss3.CreateMultipartUploadInput](target))
	set := 0
	for field, want := range put.Fields() {
		if want.IsZero() {
			continue
		}
		set++
		got := create.FieldByName(field.Name)
		if !got.IsValid() || !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Errorf("%s of the multipart upload is %v, want %v", field.Name, got, want)
		}
	}
	// Bucket, Key and three fields for a key for SSE-C, in place of its file; the checksum is the body's.
	if want := reflect.TypeFor[Attributes]().NumField() - 2 + 5; set != want {
		t.Errorf("%d fields are set, want %d", set, want)
	}
	if meta := put.FieldByName("Metadata").Interface(); !reflect.DeepEqual(meta,
		map[string]string{"sluice-id": "id", "team": "a"}) {
		t.Errorf("metadata: %v", meta)
	}
	for field, value := range reflect.ValueOf(*putInput(Target{Bucket: "b", Key: "k"})).Fields() {
		if !value.IsZero() && field.Name != "Bucket" && field.Name != "Key" {
			t.Errorf("%s is sent without an attribute: %v", field.Name, value)
		}
	}
}

// TestSharedFields: each request about an object has what S3 asks of it.
func TestSharedFields(t *testing.T) {
	text := "x"
	target := Target{Bucket: "b", Key: "k", Attributes: every, key: customerKey{&text, &text, &text}}
	for name, c := range map[string]struct {
		request  any
		customer bool // it takes the key for SSE-C
	}{
		"UploadPart":  {*request[awss3.UploadPartInput](target), true},
		"Complete":    {*request[awss3.CompleteMultipartUploadInput](target), true},
		"HeadObject":  {*request[awss3.HeadObjectInput](target), true},
		"Abort":       {*request[awss3.AbortMultipartUploadInput](target), false},
		"ListUploads": {*request[awss3.ListMultipartUploadsInput](target), false},
		"Delete":      {*request[awss3.DeleteObjectInput](target), false},
	} {
		v := reflect.ValueOf(c.request)
		for field, want := range map[string]bool{
			"ExpectedBucketOwner": true, "RequestPayer": true,
			"SSECustomerKey": c.customer, "SSECustomerKeyMD5": c.customer,
		} {
			f := v.FieldByName(field)
			if got := f.IsValid() && !f.IsZero(); got != want {
				t.Errorf("%s: %s is set: %v, want %v", name, field, got, want)
			}
		}
	}
}

// TestReadCustomerKey: 32 bytes and their base64 are the same key, and nothing of one is quoted.
func TestReadCustomerKey(t *testing.T) {
	key := strings.Repeat("k", 32)
	for name, c := range map[string]struct{ text, wrong string }{
		"bytes":         {key, ""},
		"base64":        {base64.StdEncoding.EncodeToString([]byte(key)), ""},
		"base64, lines": {base64.StdEncoding.EncodeToString([]byte(key)) + "\n", ""},
		"too short":     {"secret", "openssl rand -base64 32"},
	} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadCustomerKey(file)
		if c.wrong == "" && (err != nil || string(got) != key) {
			t.Errorf("%s: %v", name, err)
		}
		quoted := err != nil && strings.Contains(err.Error(), c.text)
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong) || quoted) {
			t.Errorf("%s: %v, want %s", name, err, c.wrong)
		}
	}
	if _, err := ReadCustomerKey("/nope"); err == nil {
		t.Error("a file that is not there is read")
	}
}
