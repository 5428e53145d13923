package pipeline

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestAttributes: a real server keeps tags, metadata and headers, of an object that was put and
// of one that came in parts.
func TestAttributes(t *testing.T) {
	for name, chunk := range map[string][]byte{
		"put":   record("one"),
		"parts": bytes.Repeat(record(strings.Repeat("x", 1000)), 12_000),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			out := r.open("tags=team=$TAG[0]&kind=a%3Db", "metadata=whole=$TAG", "cache_control=no-store",
				"content_type=text/x", "content_encoding=none", "compression=gzip", "compression_level=1", ownKeys)
			r.flush(out, "app.orders", chunk)
			r.close(out, plenty)
			there := r.objects()
			if len(there) != 1 {
				t.Fatalf("%d objects, want 1", len(there))
			}
			for key := range there {
				r.wantAttributes(key)
			}
		})
	}
}

func (r *rig) wantAttributes(key string) {
	r.t.Helper()
	head := r.head(key)
	in := &s3.GetObjectTaggingInput{Bucket: &r.name, Key: &key}
	tagging, err := r.client().GetObjectTagging(r.t.Context(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	tags := map[string]string{}
	for _, each := range tagging.TagSet {
		tags[*each.Key] = *each.Value
	}
	if len(tags) != 2 || tags["team"] != "app" || tags["kind"] != "a=b" {
		r.t.Errorf("%s has the tags %v", key, tags)
	}
	if head.Metadata["whole"] != "app.orders" || aws.ToString(head.CacheControl) != "no-store" ||
		aws.ToString(head.ContentType) != "text/x" || aws.ToString(head.ContentEncoding) != "" {
		r.t.Errorf("%s: %+v", key, head)
	}
}
