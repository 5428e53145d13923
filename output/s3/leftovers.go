package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// leftoverDeadline bounds the search for unfinished uploads, for which the commit of a
// stored object waits.
const leftoverDeadline = 10 * time.Second

// AbortStaleUploads aborts the uploads that were begun for a target and not ended, by this
// process or one that has crashed: their parts would be kept, and paid for. Nobody
// else's are touched, since the key is ours. An error is one that passes; that it may
// not be done, or that the server cannot, is warned of once.
func (s *Store) AbortStaleUploads(ctx context.Context, t Target) error {
	ctx, cancel := context.WithTimeout(ctx, leftoverDeadline)
	defer cancel()
	err := s.abortUploads(ctx, t)
	if _, lasting := Remedy(err); !lasting && creds.ErrorCode(err) != "NotImplemented" {
		return err
	}
	s.warnLeftovers.Do(func() {
		s.opts.Warn(fmt.Sprintf("unfinished uploads of earlier attempts cannot be removed: %v: "+
			"allow s3:ListBucketMultipartUploads and s3:AbortMultipartUpload, or have a lifecycle rule remove them", err))
	})
	return nil
}

func (s *Store) abortUploads(ctx context.Context, t Target) error {
	return s.call(t.Bucket, func(region func(*awss3.Options)) error {
		pages := awss3.NewListMultipartUploadsPaginator(s.client, &awss3.ListMultipartUploadsInput{Bucket: &t.Bucket, Prefix: &t.Key})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, region)
			if err != nil {
				return fmt.Errorf("list the unfinished uploads of %s: %w", t, err)
			}
			for _, upload := range page.Uploads {
				if aws.ToString(upload.Key) != t.Key {
					continue // a longer key
				}
				if err := s.abortUpload(ctx, t, upload.UploadId, region); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// abortUpload removes the parts of an upload; one that is gone is fine.
func (s *Store) abortUpload(ctx context.Context, t Target, id *string, region func(*awss3.Options)) error {
	_, err := s.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: &t.Bucket, Key: &t.Key, UploadId: id}, region)
	if err != nil && creds.ErrorCode(err) != "NoSuchUpload" {
		return fmt.Errorf("abort multipart upload %s: %w", t, err)
	}
	return nil
}
