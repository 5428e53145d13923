package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/creds"
)

// call makes a request in the bucket's region, and once more if the answer says that the
// bucket is in another one, which it remembers.
func (s *Store) call(bucket string, request func(in func(*awss3.Options)) error) error {
	region := s.regionOf(bucket)
	err := request(func(o *awss3.Options) { o.Region = region })
	right := otherRegion(err)
	if right == "" || right == region {
		return err
	}
	if _, known := s.regions.Swap(bucket, right); !known {
		s.opts.Warn(fmt.Sprintf("set region %s: bucket %s is there and not in %s", right, bucket, region))
	}
	return request(func(o *awss3.Options) { o.Region = right })
}

func (s *Store) regionOf(bucket string) string {
	if region, ok := s.regions.Load(bucket); ok {
		return region.(string)
	}
	return s.region()
}

// findRegion returns what returns the region of the options.
func findRegion(o Options) func() string {
	if o.FindRegion == nil {
		return func() string { return o.Region }
	}
	return sync.OnceValue(func() string { return cmp.Or(o.FindRegion(context.Background()), o.Region) })
}

// otherRegion returns the region that an error says the bucket is in, or "". S3 sends it in
// a header; other servers only name it in the message.
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
	if named := expectedRegion.FindStringSubmatch(err.Error()); named != nil {
		return named[1]
	}
	return ""
}

var expectedRegion = regexp.MustCompile(`expecting ['"]([a-z0-9-]+)['"]`)
