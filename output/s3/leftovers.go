package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// leftoverDeadline bounds AbortStaleUploads, which the commit of a stored object waits for.
const leftoverDeadline = 10 * time.Second

// AbortStaleUploads aborts all unfinished multipart uploads of a target, begun by this
// process or by one that crashed: their parts would be kept, and paid for. The key is
// ours, so the uploads are. An error is transient; if the server does not allow or support
// it, that is warned about once and no error.
func (s *Store) AbortStaleUploads(ctx context.Context, t Target) error {
	ctx, cancel := context.WithTimeout(ctx, leftoverDeadline)
	defer cancel()
	err := s.abortUploads(ctx, t)
	if !NeedsOperator(err) && creds.ErrorCode(err) != "NotImplemented" {
		return err
	}
	s.warnLeftovers.Do(func() {
		s.opts.Warn(fmt.Sprintf("allow s3:ListBucketMultipartUploads and s3:AbortMultipartUpload, or add a "+
			"lifecycle rule: "+
			"unfinished multipart uploads of earlier attempts cannot be removed: %s", cause(err)))
	})
	return nil
}

func (s *Store) abortUploads(ctx context.Context, t Target) error {
	return s.call(t.Bucket, func(region func(*awss3.Options)) error {
		in := request[awss3.ListMultipartUploadsInput](t)
		in.Prefix = &t.Key
		pages := awss3.NewListMultipartUploadsPaginator(s.client, in)
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

// abortUpload removes the parts of an upload. One that no longer exists is no error.
func (s *Store) abortUpload(ctx context.Context, t Target, id *string, region func(*awss3.Options)) error {
	in := request[awss3.AbortMultipartUploadInput](t)
	in.UploadId = id
	_, err := s.client.AbortMultipartUpload(ctx, in, region)
	if err != nil && creds.ErrorCode(err) != "NoSuchUpload" {
		return fmt.Errorf("abort multipart upload %s: %w", t, err)
	}
	return nil
}
