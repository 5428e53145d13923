package s3

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// Probe asks whether an object may be stored under a key, and stores nothing: it uploads a
// part of an upload that does not exist, which takes the same right, s3:PutObject, and no
// other. nil means that the bucket is there and that nothing is known to forbid it; the
// region is then the bucket's. An error is what the upload of an object would get.
func (s *Store) Probe(ctx context.Context, bucket, key string) (region string, err error) {
	empty := s.newSums()
	empty.add(nil)
	err = s.call(bucket, func(region func(*awss3.Options)) error {
		_, err := s.client.UploadPart(ctx, &awss3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: aws.String(noUpload), PartNumber: aws.Int32(1),
			Body: bytes.NewReader(nil), ContentLength: aws.Int64(0), ContentMD5: empty.contentMD5(),
		}, region, empty.payloadHash)
		return err
	})
	if f := Explain(err); err != nil && f.Remedy == "" && creds.ErrorCode(err) != "" {
		err = nil // NoSuchUpload, or a server's own way to say so
	}
	if err != nil {
		return "", fmt.Errorf("ask whether objects may be stored in %s: %w", bucket, err)
	}
	return s.regionOf(bucket), nil
}

// noUpload is the ID of no upload.
const noUpload = "sluice-asks-whether-it-may-put"

// PutAndDelete stores a small object and deletes it again. Its error is that of storing it;
// left is that of deleting it, which takes s3:DeleteObject.
func (s *Store) PutAndDelete(ctx context.Context, t Target, body []byte) (left, err error) {
	o := s.Object(ctx, t)
	if _, err := o.Write(body); err != nil {
		return nil, err
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	return s.call(t.Bucket, func(region func(*awss3.Options)) error {
		_, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &t.Bucket, Key: &t.Key}, region)
		return err
	}), nil
}
