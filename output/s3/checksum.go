package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/minio/crc64nvme"
)

// Checksums of S3 are computed here and sent as a header of each body. If only their names
// were given to the SDK, it would send them as trailers in a form (aws-chunked) that many
// servers do not take. Source:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html

// checksums are those of one body. They have the names that the SDK's requests have.
type checksums struct {
	ChecksumCRC64NVME, ChecksumCRC32C, ChecksumCRC32, ChecksumSHA256 *string
}

// newChecksum returns a hash of an algorithm of Attributes.Checksum, nil for none.
func newChecksum(algorithm string) hash.Hash {
	switch algorithm {
	case "crc64nvme":
		return crc64nvme.New()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "crc32":
		return crc32.NewIEEE()
	case "sha256":
		return sha256.New()
	}
	return nil
}

// checksumsOf returns what a hash has computed.
func checksumsOf(algorithm string, h hash.Hash) (c checksums) {
	if h == nil {
		return c
	}
	text := base64.StdEncoding.EncodeToString(h.Sum(nil))
	switch algorithm {
	case "crc64nvme":
		c.ChecksumCRC64NVME = &text
	case "crc32c":
		c.ChecksumCRC32C = &text
	case "crc32":
		c.ChecksumCRC32 = &text
	case "sha256":
		c.ChecksumSHA256 = &text
	}
	return c
}

// setOn sets the checksums of a request, or of a part in a request: a pointer to a struct.
func (c checksums) setOn(request any) {
	copyFields(reflect.ValueOf(request).Elem(), reflect.ValueOf(c))
}

// multipartChecksum returns how S3 sums up the checksums of parts: CRC64NVME is that of the
// whole object, the others are sums of sums.
func multipartChecksum(algorithm string) (types.ChecksumAlgorithm, types.ChecksumType) {
	switch algorithm {
	case "crc64nvme":
		return types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	case "crc32c":
		return types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite
	case "crc32":
		return types.ChecksumAlgorithmCrc32, types.ChecksumTypeComposite
	case "sha256":
		return types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite
	}
	return "", ""
}
