package output

import (
	"fmt"
	"regexp"
	"strings"

	"sluice/creds"
)

// redirect sends a segment to the configured bucket if its own does not exist, and reports
// whether it did: the name was mistyped, and has been corrected since. Nothing of ours can
// be in a bucket that does not exist, so nothing is stored twice.
func (o *Output) redirect(j *job, cause error) bool {
	m, err := parseMeta(j.segment.Meta)
	if err != nil || o.bucket == "" || j.bucket != "" || m.Bucket == o.bucket || !noBucket(m.Bucket, cause) {
		return false
	}
	j.bucket = o.bucket
	if _, warned := o.redirected.LoadOrStore(m.Bucket, true); !warned {
		o.opts.Log.Warn(fmt.Sprintf("bucket %s does not exist: its data goes to %s, which is configured now",
			m.Bucket, o.bucket))
	}
	return true
}

// noBucket reports whether err says that the bucket does not exist, or whether no bucket
// can have that name. Under older rules names were longer and had capitals.
func noBucket(name string, err error) bool {
	switch creds.ErrorCode(err) {
	case "NoSuchBucket", "InvalidBucketName":
		return true
	}
	return err != nil && !strings.HasPrefix(name, "arn:") && !bucketName.MatchString(name)
}

var bucketName = regexp.MustCompile(`^[A-Za-z0-9._-]{3,255}$`)
