package s3

import (
	"reflect"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Attributes are what an object is stored with, besides its content. Empty ones are left
// to the server. A new attribute is a field here and a line in putInput.
type Attributes struct {
	ContentType  string
	ACL          string // canned ACL
	StorageClass string
}

// putInput returns the request that stores an object, without its body.
func (s *Store) putInput(t Target) *awss3.PutObjectInput {
	a := s.opts.Attributes
	return &awss3.PutObjectInput{
		Bucket:          &t.Bucket,
		Key:             &t.Key,
		ContentType:     optional(a.ContentType),
		ContentEncoding: optional(t.ContentEncoding),
		ACL:             types.ObjectCannedACL(a.ACL),
		StorageClass:    types.StorageClass(a.StorageClass),
		Metadata:        t.metadata(),
	}
}

// createInput returns the request that begins a multipart upload of the same object.
func (s *Store) createInput(t Target) *awss3.CreateMultipartUploadInput {
	var in awss3.CreateMultipartUploadInput
	copyFields(reflect.ValueOf(&in).Elem(), reflect.ValueOf(s.putInput(t)).Elem())
	return &in
}

// copyFields sets the fields of to that from has, too, under the same name and type.
func copyFields(to, from reflect.Value) {
	for field, value := range from.Fields() {
		if same := to.FieldByName(field.Name); same.IsValid() && same.CanSet() && same.Type() == field.Type {
			same.Set(value)
		}
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
