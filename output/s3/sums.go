package s3

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// sums are the checksums that a request sends with its body, computed as the body is
// written. A checksum that is not needed is nil.
type sums struct {
	md5       hash.Hash
	checksum  hash.Hash
	algorithm string    // of checksum
	sha256    hash.Hash // part of the signature; over TLS the SDK signs without it
}

func (s *Store) newSums(t Target) *sums {
	sums := sums{algorithm: t.Attributes.Checksum, checksum: newChecksum(t.Attributes.Checksum)}
	if s.opts.ContentMD5 || t.Attributes.locks() && sums.checksum == nil { // S3 takes no locked object without
		sums.md5 = md5.New()
	}
	if strings.HasPrefix(s.opts.Endpoint, "http://") {
		sums.sha256 = sha256.New()
	}
	return &sums
}

func (s *sums) add(b []byte) {
	for _, h := range []hash.Hash{s.md5, s.sha256, s.checksum} {
		if h != nil {
			h.Write(b) // never fails
		}
	}
}

// contentMD5 returns the value of the Content-MD5 header, or nil.
func (s *sums) contentMD5() *string {
	if s.md5 == nil {
		return nil
	}
	text := base64.StdEncoding.EncodeToString(s.md5.Sum(nil))
	return &text
}

// checksums returns the checksum that the target asks for.
func (s *sums) checksums() checksums { return checksumsOf(s.algorithm, s.checksum) }

// payloadHash gives the SDK the body's hash, so that it does not read the body for it.
func (s *sums) payloadHash(o *awss3.Options) {
	if s.sha256 == nil {
		return
	}
	text := hex.EncodeToString(s.sha256.Sum(nil))
	known := middleware.FinalizeMiddlewareFunc("KnownPayloadHash", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		return next.HandleFinalize(v4.SetPayloadHash(ctx, text), in)
	})
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Add(known, middleware.Before)
	})
}
