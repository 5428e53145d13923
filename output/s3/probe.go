package s3

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// Probe asks whether an object may be stored at a target, and stores nothing: it uploads a
// part of an upload that does not exist, which takes the same right, s3:PutObject, and no
// other. nil means that the bucket is there and that nothing is known to forbid it; the
// region is then the bucket's. An error is what the upload of an object would get.
func (s *Store) Probe(ctx context.Context, t Target) (region string, err error) {
	if t.key, err = t.customerKey(); err != nil {
		return "", err
	}
	empty := s.newSums(t)
	empty.add(nil)
	in := request[awss3.UploadPartInput](t)
	in.UploadId, in.PartNumber, in.ContentLength = aws.String(noUpload), aws.Int32(1), aws.Int64(0)
	in.Body, in.ContentMD5 = bytes.NewReader(nil), empty.contentMD5()
	empty.checksums().setOn(in)
	err = s.call(t.Bucket, func(region func(*awss3.Options)) error {
		_, err := s.client.UploadPart(ctx, in, region, empty.payloadHash)
		return err
	})
	if f := Explain(err); err != nil && f.Remedy == "" && creds.ErrorCode(err) != "" {
		err = nil // NoSuchUpload, or a server's own way to say so
	}
	if err != nil {
		return "", fmt.Errorf("ask whether objects may be stored in %s: %w", t.Bucket, err)
	}
	return s.regionOf(t.Bucket), nil
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
		_, err := s.client.DeleteObject(ctx, request[awss3.DeleteObjectInput](t), region)
		return err
	}), nil
}
