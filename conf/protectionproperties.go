package conf

import "time"

// protectionProperties are about what an object is stored with, and who may read it. The
// built-in output has none of them. All travel with the data.
func protectionProperties() []Property {
	all := []Property{
		listed("sse", "Encryption of the objects: AES256, aws:kms or aws:kms:dsse; default: the bucket's.",
			setSSE, func(c *Config) string { return c.SSE }),
		text("sse_kms_key_id", "",
			"ID or ARN of the KMS key, with sse aws:kms or aws:kms:dsse.",
			func(c *Config) *string { return &c.SSEKeyID }),
		boolean("sse_bucket_key", "false",
			"Use the bucket's key, which costs fewer calls of KMS; with sse aws:kms.",
			func(c *Config) *bool { return &c.SSEBucketKey }),
		listed("sse_kms_encryption_context", "Encryption context for KMS: a JSON object of texts.",
			setContext, func(c *Config) string { return c.SSEContext }),
		text("sse_customer_key_file", "",
			"File with a key for SSE-C: 32 bytes, or their base64. Needs TLS.",
			func(c *Config) *string { return &c.SSECustomerKeyFile }),
		listed("checksum_algorithm",
			"Checksum that S3 verifies: crc64nvme, crc32c, crc32, sha256 or none; default crc64nvme at Amazon S3, "+
				"else none.",
			setChecksum, ownChecksum),
		listed("tags", "Tags of the objects: name=value&name2=value2, with $TAG, $TAG[n] and record fields; at most "+
			"10.",
			setTags, func(c *Config) string { return formatPairs(c.Tags) }),
		listed(
			"metadata",
			"Metadata of the objects: name=value&name2=value2, with $TAG, $TAG[n] and record fields; at "+
				"most 2 KB.",
			setMetadata,
			func(c *Config) string { return formatPairs(c.Metadata) },
		),
		text("cache_control", "",
			"Cache-Control of the objects.",
			func(c *Config) *string { return &c.CacheControl }),
		text("content_encoding", "",
			"Content-Encoding of the objects in place of the compression's; none sends none.",
			func(c *Config) *string { return &c.ContentEncoding }),
		text("grant_full_control", "",
			"Who may read and change the objects: id=..., uri=... or emailAddress=..., comma between.",
			func(c *Config) *string { return &c.GrantFullControl }),
		text("grant_read", "",
			"Who may read the objects.",
			func(c *Config) *string { return &c.GrantRead }),
		text("grant_read_acp", "",
			"Who may read the objects' ACL.",
			func(c *Config) *string { return &c.GrantReadACP }),
		text("grant_write_acp", "",
			"Who may change the objects' ACL.",
			func(c *Config) *string { return &c.GrantWriteACP }),
		listed("object_lock_mode", "Object Lock: GOVERNANCE or COMPLIANCE; with object_lock_retain.",
			setLockMode, func(c *Config) string { return c.LockMode }),
		optionalPeriod("object_lock_retain",
			"How long an object may not be deleted, from the opening of its segment: whole days such as 90d.",
			24*time.Hour, func(c *Config) *time.Duration { return &c.LockRetain }),
		boolean("object_lock_legal_hold", "false",
			"Put a legal hold on the objects.",
			func(c *Config) *bool { return &c.LegalHold }),
		listed("expected_bucket_owner", "Account that must own the bucket: 12 digits.",
			setOwner, func(c *Config) string { return c.ExpectedOwner }),
		listed("request_payer", "Who pays for requests: requester, for a bucket that asks for it.",
			setPayer, func(c *Config) string { return c.RequestPayer }),
	}
	for i, p := range all {
		all[i] = travels(p)
	}
	return append(all, alias("server_side_encryption", all[0]), alias("ssekms_key_id", all[1]))
}
