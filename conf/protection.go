package conf

import (
	"strings"
)

func setSSE(c *Config, v string) string {
	return setWord(&c.SSE, v, "AES256", "aws:kms", "aws:kms:dsse")
}

func setLockMode(c *Config, v string) string {
	return setWord(&c.LockMode, v, "GOVERNANCE", "COMPLIANCE")
}

func setOwner(c *Config, v string) string {
	if !accountID.MatchString(v) {
		return "is not an account: write its 12 digits"
	}
	c.ExpectedOwner = v
	return ""
}

func setPayer(c *Config, v string) string { return setWord(&c.RequestPayer, v, "requester") }

func setChecksum(c *Config, v string) string {
	return setWord(&c.Checksum, v, "crc64nvme", "crc32c", "crc32", "sha256", "none")
}

// defaultChecksum is none at other servers than Amazon S3: many know no checksums.
func (c *Config) defaultChecksum() string {
	if c.atAWS() {
		return "crc64nvme"
	}
	return "none"
}

// ownChecksum returns the checksum unless it is the default.
func ownChecksum(c *Config) string {
	if c.Checksum == c.defaultChecksum() {
		return ""
	}
	return c.Checksum
}

// checkProtection checks encryption, locks and access, whose properties belong together.
func (c *Config) checkProtection(checks Checks, report reporter) {
	if c.Checksum == "" {
		c.Checksum = c.defaultChecksum()
	}
	kms := strings.HasPrefix(c.SSE, "aws:kms")
	switch {
	case c.SSEKeyID != "" && !kms:
		report("sse_kms_key_id", "%q needs sse aws:kms or aws:kms:dsse: set it", c.SSEKeyID)
	case c.SSEContext != "" && !kms:
		report("sse_kms_encryption_context", "%q needs sse aws:kms or aws:kms:dsse: set it", c.SSEContext)
	case c.SSEBucketKey && c.SSE != "aws:kms":
		report("sse_bucket_key", "needs sse aws:kms: set it, or remove sse_bucket_key")
	}
	c.checkCustomerKey(checks, report)
	if (c.LockMode == "") != (c.LockRetain == 0) {
		report("object_lock_retain", "and object_lock_mode need each other: set both or neither")
	}
	grants := c.GrantFullControl + c.GrantRead + c.GrantReadACP + c.GrantWriteACP
	if grants != "" && c.CannedACL != "" {
		report(
			"canned_acl",
			"%q excludes grant_full_control, grant_read, grant_read_acp and grant_write_acp: remove one "+
				"or the other",
			c.CannedACL,
		)
	}
}

// checkCustomerKey checks that the key can be read, and that it is not sent in the clear.
func (c *Config) checkCustomerKey(checks Checks, report reporter) {
	file := c.SSECustomerKeyFile
	switch {
	case file == "":
	case c.SSE != "":
		report("sse_customer_key_file", "%q excludes sse %s: remove one of them", file, c.SSE)
	case strings.HasPrefix(c.Endpoint, "http://"):
		report("sse_customer_key_file", "%q would be sent in the clear to %s: use https", file, c.Endpoint)
	case checks.CustomerKey != nil:
		if err := checks.CustomerKey(file); err != nil {
			report("sse_customer_key_file", "%q %v", file, err)
		}
	}
}
