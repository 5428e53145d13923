package pipeline

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/minio/crc64nvme"
)

// TestChecksums: a real server verifies each checksum, of an object that was put and of one
// that came in parts, and CRC64NVME is that of the whole object.
func TestChecksums(t *testing.T) {
	for name, chunk := range map[string][]byte{
		"put":   record("one"),
		"parts": bytes.Repeat(record(strings.Repeat("x", 1000)), 12_000),
	} {
		for algorithm, of := range map[string]func(*s3.HeadObjectOutput) *string{
			"crc64nvme": func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC64NVME },
			"crc32c":    func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC32C },
			"crc32":     func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC32 },
			"sha256":    func(h *s3.HeadObjectOutput) *string { return h.ChecksumSHA256 },
		} {
			t.Run(name+" "+algorithm, func(t *testing.T) {
				r := newRig(t)
				out := r.open("checksum_algorithm="+algorithm, ownKeys)
				r.flush(out, "app", chunk)
				r.close(out, plenty)
				for key := range r.objects() {
					head := r.headWithChecksum(key)
					composite := name == "parts" && algorithm != "crc64nvme"
					sum := aws.ToString(of(head))
					if sum == "" || strings.Contains(sum, "-") != composite {
						t.Errorf("%s has the checksum %q", key, sum)
					}
					if algorithm == "crc64nvme" && sum != r.crc64(key) {
						t.Errorf("%s has the checksum %s, and its content %s", key, sum, r.crc64(key))
					}
				}
				if n := len(r.objects()); n != 1 {
					t.Errorf("%d objects, want 1", n)
				}
			})
		}
	}
}

func (r *rig) headWithChecksum(key string) *s3.HeadObjectOutput {
	r.t.Helper()
	head, err := r.client().HeadObject(r.t.Context(), &s3.HeadObjectInput{
		Bucket: &r.name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		r.t.Fatal(err)
	}
	return head
}

// crc64 computes the CRC64NVME of what is stored.
func (r *rig) crc64(key string) string {
	r.t.Helper()
	object, err := r.client().GetObject(context.Background(), &s3.GetObjectInput{Bucket: &r.name, Key: &key})
	if err != nil {
		r.t.Fatal(err)
	}
	defer object.Body.Close()
	sum := crc64nvme.New()
	if _, err := io.Copy(sum, object.Body); err != nil {
		r.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}
