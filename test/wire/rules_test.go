package wire

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"strings"
	"time"

	"github.com/minio/crc64nvme"

	"sluice/creds/sign/signtest"
	"sluice/test/testenv"
)

// sessionKey is what CreateSession hands out for a directory bucket.
var sessionKey = signtest.Key{AccessKeyID: "ASIAIOSFODNN7SESSION", SecretAccessKey: "sessionsecret",
	SessionToken: "sessiontoken", TokenHeader: "X-Amz-S3session-Token"}

// knownKeys are those that S3 knows.
func knownKeys() []signtest.Key {
	owner, role := testenv.OwnerKeys(), testenv.RoleKeys()
	return []signtest.Key{
		{AccessKeyID: owner.AccessKeyID, SecretAccessKey: owner.SecretAccessKey},
		{AccessKeyID: role.AccessKeyID, SecretAccessKey: role.SecretAccessKey, SessionToken: role.SessionToken},
		sessionKey,
	}
}

// checksumHeaders are those of bodies, with what computes them.
var checksumHeaders = map[string]func() hash.Hash{
	"X-Amz-Checksum-Crc64nvme": func() hash.Hash { return crc64nvme.New() },
	"X-Amz-Checksum-Crc32c":    func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	"X-Amz-Checksum-Crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"X-Amz-Checksum-Sha256":    sha256.New,
	"Content-Md5":              md5.New,
}

// check finds what S3 would refuse, and what breaks other servers.
func (r *request) check(readErr error) {
	if readErr != nil {
		r.breaks("the body ends early: %v", readErr)
	}
	var err error
	if r.signed, err = signtest.Verify(r.Request, signtest.Hash(r.body), knownKeys(), time.Now()); err != nil {
		r.breaks("%v", err)
	}
	if host := strings.TrimSuffix(r.dialled, ":443"); r.Host != host {
		r.breaks("the Host header is %q at %s", r.Host, r.dialled)
	}
	if r.ContentLength < 0 || len(r.TransferEncoding) > 0 || r.Header.Get("X-Amz-Trailer") != "" ||
		strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		r.breaks("the body is sent in chunks or has a trailer: %v", r.Header)
	}
	r.checkSums()
	r.checkCustomerKey()
}

// breaks records a rule that is broken.
func (r *request) breaks(format string, args ...any) {
	r.broken = append(r.broken, r.operation+": "+fmt.Sprintf(format, args...))
}

// checkSums computes each checksum again. That of CompleteMultipartUpload is of the object.
func (r *request) checkSums() {
	if r.operation == "CompleteMultipartUpload" {
		return
	}
	for name, newHash := range checksumHeaders {
		if sent := r.Header.Get(name); sent != "" && sent != sum(newHash(), r.body) {
			r.breaks("%s is %s, and of the body %s", name, sent, sum(newHash(), r.body))
		}
	}
}

func sum(h hash.Hash, body []byte) string {
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// checkCustomerKey checks the three headers of SSE-C.
func (r *request) checkCustomerKey() {
	const prefix = "X-Amz-Server-Side-Encryption-Customer-"
	sent := r.Header.Get(prefix + "Key")
	if sent == "" {
		return
	}
	key, err := base64.StdEncoding.DecodeString(sent)
	if err != nil || len(key) != 32 {
		r.breaks("the key for SSE-C is not the base64 of 32 bytes")
	}
	if r.Header.Get(prefix+"Algorithm") != "AES256" || r.Header.Get(prefix+"Key-Md5") != sum(md5.New(), key) {
		r.breaks("the key for SSE-C is incomplete: %v", r.Header)
	}
}
