package wire

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscreds "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sluice/test/testenv"
)

// TestMinIO: a server that is not ours takes encryption, locks, tags and checksums, of an object that was put and of
// one that came in parts, and gives back what was sent.
func TestMinIO(t *testing.T) {
	kms := "MINIO_KMS_SECRET_KEY=logs-key:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	m, err := testenv.StartMinIO(t.Context(), t.TempDir(), world.recorder.authority, kms)
	if errors.Is(err, testenv.ErrNoMinIO) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	owner := testenv.OwnerKeys()
	client := s3.New(s3.Options{BaseEndpoint: &m.Endpoint, Region: "us-east-1", UsePathStyle: true,
		HTTPClient:  m.Client,
		Credentials: awscreds.NewStaticCredentialsProvider(owner.AccessKeyID, owner.SecretAccessKey, "")})
	for i, each := range []struct {
		settings string
		look     func(minioObject, *testing.T)
	}{
		{"sse_customer_key_file=testdata/sse-c.key", minioObject.needsKey},
		{"sse=aws:kms sse_kms_key_id=logs-key", minioObject.isEncrypted},
		{"object_lock_mode=GOVERNANCE object_lock_retain=90d object_lock_legal_hold=on", minioObject.isLocked},
		{"tags=team=$TAG[0] checksum_algorithm=crc64nvme metadata=a=b", minioObject.isLabelled},
		{"checksum_algorithm=sha256", func(minioObject, *testing.T) {}},
	} {
		for _, large := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s large %v", each.settings, large), func(t *testing.T) {
				o := minioObject{client, fmt.Sprintf("logs-%d-%v", i, large), t}
				_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &o.bucket,
					ObjectLockEnabledForBucket: aws.Bool(true)})
				if err != nil {
					t.Fatal(err)
				}
				r := row{settings: each.settings + " endpoint=" + m.Endpoint + " bucket=" + o.bucket, large: large}
				if err := r.ship(t); err != nil {
					t.Fatal(err)
				}
				want := line("one")
				if large {
					want = strings.Repeat(line(strings.Repeat("x", 1000)), 11_000)
				}
				if got := o.content(); got != want {
					t.Errorf("the object has %d bytes, want %d: %.100q", len(got), len(want), got)
				}
				each.look(o, t)
			})
		}
	}
}

// line is what becomes of a record.
func line(text string) string { return `{"date":"1970-01-01T00:00:05.000000Z","m":"` + text + "\"}\n" }

// minioObject is the object that was shipped.
type minioObject struct {
	client *s3.Client
	bucket string
	t      *testing.T
}

const minioKey = "app.orders/k"

// customerKey is the key of testdata/sse-c.key, nil for other objects.
func (o minioObject) customerKey() (algorithm, key, digest *string) {
	if !strings.HasPrefix(o.bucket, "logs-0-") {
		return nil, nil, nil
	}
	text, err := os.ReadFile("testdata/sse-c.key")
	if err != nil {
		o.t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		o.t.Fatal(err)
	}
	return aws.String("AES256"), aws.String(string(text)), aws.String(sum(md5.New(), raw))
}

func (o minioObject) content() string {
	in := &s3.GetObjectInput{Bucket: &o.bucket, Key: aws.String(minioKey)}
	in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5 = o.customerKey()
	out, err := o.client.GetObject(o.t.Context(), in)
	if err != nil {
		o.t.Fatal(err)
	}
	defer out.Body.Close()
	all, err := io.ReadAll(out.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(all)
}

func (o minioObject) head() *s3.HeadObjectOutput {
	out, err := o.client.HeadObject(o.t.Context(), &s3.HeadObjectInput{Bucket: &o.bucket, Key: aws.String(minioKey),
		ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o minioObject) needsKey(t *testing.T) {
	in := &s3.HeadObjectInput{Bucket: &o.bucket, Key: aws.String(minioKey)}
	if _, err := o.client.HeadObject(t.Context(), in); err == nil {
		t.Error("the object can be read without its key")
	}
}

func (o minioObject) isEncrypted(t *testing.T) {
	head := o.head()
	if head.ServerSideEncryption != types.ServerSideEncryptionAwsKms ||
		!strings.HasSuffix(aws.ToString(head.SSEKMSKeyId), "logs-key") {
		t.Errorf("encrypted with %q, key %q", head.ServerSideEncryption, aws.ToString(head.SSEKMSKeyId))
	}
}

func (o minioObject) isLocked(t *testing.T) {
	head := o.head()
	until := aws.ToTime(head.ObjectLockRetainUntilDate)
	if head.ObjectLockMode != types.ObjectLockModeGovernance || until.Before(time.Now().Add(89*24*time.Hour)) ||
		head.ObjectLockLegalHoldStatus != types.ObjectLockLegalHoldStatusOn {
		t.Errorf("locked by %s until %v, legal hold %s", head.ObjectLockMode, until, head.ObjectLockLegalHoldStatus)
	}
	_, err := o.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &o.bucket, Key: aws.String(minioKey),
		VersionId: head.VersionId})
	if err == nil {
		t.Error("the locked object was deleted")
	}
}

func (o minioObject) isLabelled(t *testing.T) {
	head := o.head()
	if aws.ToString(head.ChecksumCRC64NVME) == "" || head.Metadata["a"] != "b" {
		t.Errorf("checksum %q, metadata %v", aws.ToString(head.ChecksumCRC64NVME), head.Metadata)
	}
	tagging, err := o.client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &o.bucket,
		Key: aws.String(minioKey)})
	if err != nil || len(tagging.TagSet) != 1 || aws.ToString(tagging.TagSet[0].Value) != "app" {
		t.Errorf("tags %+v, %v", tagging, err)
	}
}
