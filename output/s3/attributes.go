package s3

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Attributes are what an object is stored with, besides its content. Empty ones are left to
// the server. They are recorded with the data, so that a retry, a restart and "sluice spool
// push" store the object in the same way. A new attribute is a field here and a line in putInput.
type Attributes struct {
	ContentType     string `json:"content_type,omitempty"`
	ContentEncoding string `json:"content_encoding,omitempty"`
	CacheControl    string `json:"cache_control,omitempty"`
	ACL             string `json:"acl,omitempty"` // canned ACL
	StorageClass    string `json:"storage_class,omitempty"`

	GrantFullControl string `json:"grant_full_control,omitempty"`
	GrantRead        string `json:"grant_read,omitempty"`
	GrantReadACP     string `json:"grant_read_acp,omitempty"`
	GrantWriteACP    string `json:"grant_write_acp,omitempty"`

	SSE             string `json:"sse,omitempty"` // AES256, aws:kms or aws:kms:dsse
	SSEKeyID        string `json:"sse_key_id,omitempty"`
	SSEBucketKey    bool   `json:"sse_bucket_key,omitempty"`
	SSEContext      string `json:"sse_context,omitempty"` // JSON object
	CustomerKeyFile string `json:"customer_key_file,omitempty"`

	Checksum string            `json:"checksum,omitempty"` // crc64nvme, crc32c, crc32 or sha256; "" for none
	Tags     string            `json:"tags,omitempty"`     // as a URL's query
	Metadata map[string]string `json:"metadata,omitempty"`

	LockMode  string    `json:"lock_mode,omitempty"` // GOVERNANCE or COMPLIANCE
	LockUntil time.Time `json:"lock_until,omitzero"`
	LegalHold bool      `json:"legal_hold,omitempty"`

	ExpectedOwner string `json:"expected_owner,omitempty"`
	RequestPayer  string `json:"request_payer,omitempty"`
}

// locks reports whether an object is locked, for which S3 asks for a checksum.
func (a Attributes) locks() bool { return a.LockMode != "" || a.LegalHold }

// customerKey is a key for SSE-C as it is sent.
type customerKey struct{ algorithm, key, md5 *string }

// ReadCustomerKey reads a key for SSE-C: 32 bytes, or their base64. Its error quotes none of it.
func ReadCustomerKey(file string) ([]byte, error) {
	const size = 32 // AES-256
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the key for SSE-C: %w", err)
	}
	if len(text) == size {
		return text, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != size {
		return nil, errors.New("has neither 32 bytes nor their base64: write them with openssl rand -base64 32")
	}
	return key, nil
}

// customerKey returns the target's key for SSE-C, if it has one. The SDK sends what it is
// given, so it is given what S3 wants: base64, with the MD5.
func (t Target) customerKey() (k customerKey, err error) {
	if t.Attributes.CustomerKeyFile == "" {
		return k, nil
	}
	key, err := ReadCustomerKey(t.Attributes.CustomerKeyFile)
	if err != nil {
		return k, err
	}
	sum := md5.Sum(key)
	return customerKey{
		algorithm: aws.String("AES256"),
		key:       aws.String(base64.StdEncoding.EncodeToString(key)),
		md5:       aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	}, nil
}

// putInput returns the request that stores an object, without its body.
func putInput(t Target) *awss3.PutObjectInput {
	a := t.Attributes
	in := &awss3.PutObjectInput{
		Bucket:                  &t.Bucket,
		Key:                     &t.Key,
		ContentType:             optional(a.ContentType),
		ContentEncoding:         optional(a.ContentEncoding),
		CacheControl:            optional(a.CacheControl),
		ACL:                     types.ObjectCannedACL(a.ACL),
		StorageClass:            types.StorageClass(a.StorageClass),
		GrantFullControl:        optional(a.GrantFullControl),
		GrantRead:               optional(a.GrantRead),
		GrantReadACP:            optional(a.GrantReadACP),
		GrantWriteACP:           optional(a.GrantWriteACP),
		ServerSideEncryption:    types.ServerSideEncryption(a.SSE),
		SSEKMSKeyId:             optional(a.SSEKeyID),
		SSEKMSEncryptionContext: optional(base64.StdEncoding.EncodeToString([]byte(a.SSEContext))),
		Tagging:                 optional(a.Tags),
		Metadata:                t.metadata(),
		ObjectLockMode:          types.ObjectLockMode(a.LockMode),
		ExpectedBucketOwner:     optional(a.ExpectedOwner),
		RequestPayer:            types.RequestPayer(a.RequestPayer),
		SSECustomerAlgorithm:    t.key.algorithm,
		SSECustomerKey:          t.key.key,
		SSECustomerKeyMD5:       t.key.md5,
	}
	if a.SSEBucketKey {
		in.BucketKeyEnabled = aws.Bool(true)
	}
	if !a.LockUntil.IsZero() {
		in.ObjectLockRetainUntilDate = &a.LockUntil
	}
	if a.LegalHold {
		in.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn
	}
	return in
}

// metadata returns the target's metadata, with its ID.
func (t Target) metadata() map[string]string {
	if t.ID == "" {
		return t.Attributes.Metadata
	}
	all := map[string]string{idName: t.ID}
	maps.Copy(all, t.Attributes.Metadata)
	return all
}

// request returns another request about a target, with all that it shares with the request
// that stores it: where the object is, its key for SSE-C, who owns the bucket and who pays,
// and, if it begins a multipart upload, the attributes.
func request[T any](t Target) *T {
	var in T
	copyFields(reflect.ValueOf(&in).Elem(), reflect.ValueOf(putInput(t)).Elem())
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
