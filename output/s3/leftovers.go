package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// leftoverDeadline bounds the search for unfinished uploads, which is no reason
// to hold up the object.
const leftoverDeadline = 10 * time.Second

// removeLeftovers aborts the uploads that earlier attempts, of this process or
// of one that has crashed, have begun for a target and not ended: their parts
// would be kept, and paid for, for ever. Nobody else's are touched, since the
// key is ours.
func (s *Store) removeLeftovers(ctx context.Context, t Target) {
	ctx, cancel := context.WithTimeout(ctx, leftoverDeadline)
	defer cancel()
	if err := s.abortUploads(ctx, t); err != nil {
		s.warnLeftovers.Do(func() {
			s.opts.Warn(fmt.Sprintf("unfinished uploads of earlier attempts cannot be removed: %v: "+
				"allow s3:ListBucketMultipartUploads and s3:AbortMultipartUpload, or have a lifecycle rule remove them", err))
		})
	}
}

func (s *Store) abortUploads(ctx context.Context, t Target) error {
	return s.call(t.Bucket, func(region func(*awss3.Options)) error {
		pages := awss3.NewListMultipartUploadsPaginator(s.client, &awss3.ListMultipartUploadsInput{Bucket: &t.Bucket, Prefix: &t.Key})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, region)
			if err != nil {
				return err
			}
			for _, upload := range page.Uploads {
				if aws.ToString(upload.Key) != t.Key {
					continue // a longer key
				}
				_, err := s.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: &t.Bucket, Key: &t.Key, UploadId: upload.UploadId}, region)
				if err != nil && creds.ErrorCode(err) != "NoSuchUpload" {
					return err
				}
			}
		}
		return nil
	})
}
