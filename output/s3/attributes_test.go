package s3

import (
	"reflect"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestAttributes: a multipart upload gets every attribute that a PutObject gets.
func TestAttributes(t *testing.T) {
	a := Attributes{ContentType: "application/x-ndjson", ACL: "private", StorageClass: "STANDARD_IA"}
	s := &Store{opts: Options{Attributes: a}}
	target := Target{Bucket: "b", Key: "k", ContentEncoding: "gzip", ID: "id"}
	put, create := reflect.ValueOf(*s.putInput(target)), reflect.ValueOf(*s.createInput(target))
	set := 0
	for field, want := range put.Fields() {
		if want.IsZero() {
			continue
		}
		set++
		if got := create.FieldByName(field.Name); !got.IsValid() ||
			!reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Errorf("%s of the multipart upload is %v, want %v", field.Name, got, want)
		}
	}
	if want := reflect.TypeFor[Attributes]().NumField() + 4; set != want { // Bucket, Key, ContentEncoding, Metadata
		t.Errorf("%d attributes are set, want %d", set, want)
	}
	var empty awss3.CreateMultipartUploadInput
	if bare := (&Store{}).createInput(Target{}); bare.ContentType != nil || bare.ACL != empty.ACL ||
		bare.StorageClass != empty.StorageClass {
		t.Errorf("attributes that are not set are sent: %+v", bare)
	}
}
