package wire

const (
	sse      = "X-Amz-Server-Side-Encryption"
	customer = "X-Amz-Server-Side-Encryption-Customer-"
)

// encryption is SSE in all of its forms.
var encryption = []row{
	{settings: "sse=AES256", headers: []string{sse + ": AES256"}},
	{settings: "server_side_encryption=aes256", headers: []string{sse + ": AES256"}},
	{settings: "sse=aws:kms", headers: []string{sse + ": aws:kms", sse + "-Aws-Kms-Key-Id:", sse + "-Context:"}},
	{settings: `sse=aws:kms sse_kms_key_id=k sse_bucket_key=on sse_kms_encryption_context={"team":"logs"}`,
		headers: []string{sse + ": aws:kms", sse + "-Aws-Kms-Key-Id: k", sse + "-Bucket-Key-Enabled: true",
			sse + "-Context: eyJ0ZWFtIjoibG9ncyJ9"}},
	{settings: "sse=aws:kms:dsse ssekms_key_id=k",
		headers: []string{sse + ": aws:kms:dsse", sse + "-Aws-Kms-Key-Id: k"}},
	{settings: "sse_customer_key_file=testdata/sse-c.key",
		headers: []string{customer + "Key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", sse + ":"}},
	{settings: "sse=aes", refused: "is not known: use AES256, aws:kms or aws:kms:dsse"},
	{settings: "sse_kms_key_id=k", refused: "needs sse aws:kms or aws:kms:dsse"},
	{settings: "sse=aws:kms:dsse sse_bucket_key=on", refused: "sse_bucket_key needs sse aws:kms"},
	{settings: "sse=aws:kms sse_kms_encryption_context=team", refused: "is not a JSON object of texts"},
	{settings: "sse_customer_key_file=testdata/short.key", refused: "has neither 32 bytes nor their base64"},
	{settings: "sse_customer_key_file=testdata/none.key", refused: "no such file"},
	{settings: "sse_customer_key_file=testdata/sse-c.key sse=AES256", refused: "excludes sse AES256"},
	{settings: "sse_customer_key_file=testdata/sse-c.key endpoint=http://s3.example.com",
		refused: "would be sent in the clear"},
}

// labels are tags, metadata and headers.
var labels = []row{
	{settings: "tags=team=$TAG[0]&kind=a%3Db", headers: []string{"X-Amz-Tagging: kind=a%3Db&team=app"}},
	{settings: "tags=a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11", refused: "has 11 tags"},
	{settings: "metadata=whole=$TAG&x=y", headers: []string{"X-Amz-Meta-Whole: app.orders", "X-Amz-Meta-X: y"}},
	{settings: "cache_control=no-store content_type=text/x", headers: []string{"Cache-Control: no-store",
		"Content-Type: text/x"}},
	{settings: "compression=gzip", headers: []string{"Content-Encoding: gzip"}},
	{settings: "compression=zstd content_encoding=none", headers: []string{"Content-Encoding:"}},
	{settings: "compression=gzip content_encoding=x-gzip", headers: []string{"Content-Encoding: x-gzip"}},
	{settings: "storage_class=STANDARD_IA", headers: []string{"X-Amz-Storage-Class: STANDARD_IA"}},
	{settings: "storage_class=STANDART_IA", refused: "did you mean STANDARD_IA?"},
	{settings: "s3_key_format=/$TAG/$UUID", path: "*",
		headers: []string{"If-None-Match: *", "X-Amz-Meta-Sluice-Id: *"}},
}

// checksums are in headers.
var checksums = []row{
	{settings: "checksum_algorithm=crc64nvme", headers: []string{"X-Amz-Checksum-Crc64nvme: *"}},
	{settings: "checksum_algorithm=crc32c", headers: []string{"X-Amz-Checksum-Crc32c: *", "X-Amz-Checksum-Crc64nvme:"}},
	{settings: "checksum_algorithm=crc32", headers: []string{"X-Amz-Checksum-Crc32: *"}},
	{settings: "checksum_algorithm=sha256", headers: []string{"X-Amz-Checksum-Sha256: *"}},
	{settings: "checksum_algorithm=none", headers: []string{"X-Amz-Checksum-Crc64nvme:", "X-Amz-Checksum-Crc32:",
		"Content-Md5:"}},
	{settings: "checksum_algorithm=crc32 endpoint=https://s3.example.com", host: "s3.example.com",
		path: "/logs/app.orders/k", headers: []string{"X-Amz-Checksum-Crc32: *"}},
	{settings: "send_content_md5=on", headers: []string{"Content-Md5: *", "X-Amz-Checksum-Crc64nvme: *"}},
	{settings: "checksum_algorithm=md5", refused: "is not known: use crc64nvme"},
}

// access is who may do what, and who pays.
var access = []row{
	{settings: "canned_acl=bucket-owner-full-control", headers: []string{"X-Amz-Acl: bucket-owner-full-control"}},
	{settings: "canned_acl=public_read", refused: "did you mean public-read?"},
	{settings: "grant_full_control=id=a grant_read=uri=u grant_read_acp=id=b grant_write_acp=id=c",
		headers: []string{"X-Amz-Grant-Full-Control: id=a", "X-Amz-Grant-Read: uri=u", "X-Amz-Grant-Read-Acp: id=b",
			"X-Amz-Grant-Write-Acp: id=c"}},
	{settings: "grant_read=id=a canned_acl=private", refused: `canned_acl "private" excludes grant_full_control`},
	{settings: "expected_bucket_owner=123456789012", headers: []string{"X-Amz-Expected-Bucket-Owner: 123456789012"}},
	{settings: "expected_bucket_owner=1234", refused: "write its 12 digits"},
	{settings: "request_payer=requester", headers: []string{"X-Amz-Request-Payer: requester"}},
	{settings: "object_lock_mode=governance object_lock_retain=90d",
		headers: []string{"X-Amz-Object-Lock-Mode: GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date: *",
			"X-Amz-Checksum-Crc64nvme: *"}},
	{settings: "object_lock_mode=COMPLIANCE object_lock_retain=1d checksum_algorithm=none",
		headers: []string{"X-Amz-Object-Lock-Mode: COMPLIANCE", "Content-Md5: *"}},
	{settings: "object_lock_legal_hold=on", headers: []string{"X-Amz-Object-Lock-Legal-Hold: ON"}},
	{settings: "object_lock_mode=COMPLIANCE", refused: "need each other: set both or neither"},
	{env: "AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE AWS_SESSION_TOKEN=AQoDYXdzEJr1K0EXAMPLETOKENo5OytwEXAMPLE=",
		headers: []string{"X-Amz-Security-Token: *"}},
}

// parts are objects that are uploaded in parts.
var parts = []row{
	{large: true, headers: []string{"CreateMultipartUpload/X-Amz-Checksum-Algorithm: CRC64NVME",
		"CreateMultipartUpload/X-Amz-Checksum-Type: FULL_OBJECT", "UploadPart/X-Amz-Checksum-Crc64nvme: *",
		"CompleteMultipartUpload/X-Amz-Checksum-Crc64nvme: *",
		"CompleteMultipartUpload/X-Amz-Checksum-Type: FULL_OBJECT"}},
	{settings: "checksum_algorithm=sha256", large: true,
		headers: []string{"CreateMultipartUpload/X-Amz-Checksum-Algorithm: SHA256",
			"UploadPart/X-Amz-Checksum-Sha256: *", "CreateMultipartUpload/X-Amz-Checksum-Type: COMPOSITE",
			"CompleteMultipartUpload/X-Amz-Checksum-Sha256:"}},
	{settings: "checksum_algorithm=none send_content_md5=on", large: true,
		headers: []string{"UploadPart/Content-Md5: *", "CreateMultipartUpload/X-Amz-Checksum-Algorithm:"}},
	{settings: "sse_customer_key_file=testdata/sse-c.key", large: true,
		headers: []string{customer + "Algorithm: AES256", customer + "Key-Md5: *"}},
	{settings: "sse=aws:kms tags=a=1 metadata=b=2 canned_acl=private storage_class=STANDARD_IA " +
		"object_lock_legal_hold=on",
		large: true, headers: []string{"CreateMultipartUpload/" + sse + ": aws:kms", "UploadPart/" + sse + ":",
			"CreateMultipartUpload/X-Amz-Tagging: a=1", "UploadPart/X-Amz-Tagging:",
			"CreateMultipartUpload/X-Amz-Meta-B: 2",
			"CreateMultipartUpload/X-Amz-Acl: private", "CreateMultipartUpload/X-Amz-Storage-Class: STANDARD_IA",
			"CreateMultipartUpload/X-Amz-Object-Lock-Legal-Hold: ON", "UploadPart/X-Amz-Object-Lock-Legal-Hold:"}},
	{settings: "expected_bucket_owner=123456789012 request_payer=requester", large: true,
		headers: []string{"X-Amz-Expected-Bucket-Owner: 123456789012", "X-Amz-Request-Payer: requester"}},
	{settings: "use_fips=on use_dualstack=on", large: true, host: "logs.s3-fips.dualstack.us-east-1.amazonaws.com"},
	{settings: mrap, large: true, host: "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", scope: v4a + " * s3"},
	{settings: express, large: true, host: "logs--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
		operations: "CreateSession CreateMultipartUpload UploadPart CompleteMultipartUpload",
		scope:      v4 + " us-east-1 s3express"},
	{settings: "s3_key_format=/$TAG/$UUID", large: true, path: "*",
		headers: []string{"CompleteMultipartUpload/If-None-Match: *"}},
}
