package s3

import (
	"errors"
	"fmt"
	"regexp"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// call makes a request for a bucket in the bucket's region, and once more if it
// turns out to be in another one than was thought, which is remembered.
func (s *Store) call(bucket string, request func(in func(*awss3.Options)) error) error {
	region := s.regionOf(bucket)
	err := request(func(o *awss3.Options) { o.Region = region })
	right := otherRegion(err)
	if right == "" || right == region {
		return err
	}
	if _, known := s.regions.Swap(bucket, right); !known {
		s.opts.Warn(fmt.Sprintf("bucket %s is in region %s and not in %s: set region %s", bucket, right, region, right))
	}
	return request(func(o *awss3.Options) { o.Region = right })
}

func (s *Store) regionOf(bucket string) string {
	if region, ok := s.regions.Load(bucket); ok {
		return region.(string)
	}
	return s.opts.Region
}

// otherRegion returns the region that a refusal names, "" if it is none for the
// region. S3 has it in a header; other servers name it in the message alone.
func otherRegion(err error) string {
	switch creds.ErrorCode(err) {
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
	default:
		return ""
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return region
		}
	}
	if named := regexp.MustCompile(`expecting ['"]([a-z0-9-]+)['"]`).FindStringSubmatch(err.Error()); named != nil {
		return named[1]
	}
	return ""
}
