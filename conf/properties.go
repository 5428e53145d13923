package conf

import (
	"math"
	"slices"
	"time"
)

// Property describes a setting.
type Property struct {
	Name        string
	Type        Type
	Default     string // "" for none
	Description string // with unit and range
	Secret      bool   // its value is never printed
	// Travels marks a property that is recorded with the data: "sluice spool push" needs
	// it to bring the data to its destination without the configuration.
	Travels bool

	Alias string // of which property it is another name; "" for none

	// apply sets the property in c, and returns what is wrong with the value, or "".
	apply func(c *Config, value string) (problem string)
	// get returns the property's value in c, "" if it is off or has none. It is set for
	// properties that travel.
	get func(c *Config) string
}

// Type is the type of a value, in Fluent Bit's terms.
type Type uint8

// The types (include/fluent-bit/flb_config_map.h:33).
const (
	String Type = iota
	Size
	Time
	Boolean
	Integer
)

// Properties returns all properties: those of the built-in output in its order, then ours.
func Properties() []Property {
	return slices.Concat(objectProperties(), targetProperties(), storeProperties(), laterProperties(),
		keyProperties(), roleProperties(), addressingProperties(), protectionProperties(), ownProperties())
}

// objectProperties are about the content and the names of objects.
func objectProperties() []Property {
	return []Property{
		custom("format", "json_lines",
			"Format of the objects: json_lines.",
			setFormat),
		custom("json_date_format", "iso8601",
			"Format of the record's time: iso8601, java_sql_timestamp, double, epoch or epoch_ms "+
				"(epoch_millis, epoch_milliseconds).",
			setDateFormat),
		custom("json_date_key", "date",
			"Name of the member with the record's time, the first of each record; false omits it.",
			setDateKey),
		text("log_key", "",
			"Write only the value of this key, one line a record: text as it is, anything else as JSON.",
			func(c *Config) *string { return &c.LogKey }),
		custom("compression", "none",
			"Compression of the objects: none, gzip, zstd or snappy (framed). Sets Content-Encoding.",
			setCompression),
		size("total_file_size", "100000000",
			"Size of the objects, after compression: 1M to 50G; below 10485760 PutObject is used.",
			minFile, maxFile, func(c *Config) *int64 { return &c.TotalFileSize }),
		size("upload_chunk_size", "5242880",
			"Size of the parts of a multipart upload: 5242880 to 50M.",
			0, maxPartCompressed, func(c *Config) *int64 { return &c.PartSize }),
		period("upload_timeout", "10m",
			"Age at which an object is completed, whatever its size.",
			time.Second, func(c *Config) *time.Duration { return &c.UploadTimeout }),
		boolean("use_put_object", "false",
			"Use PutObject for objects of any size, up to 1G.",
			func(c *Config) *bool { return &c.PutObject }),
		text("s3_key_format", "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S",
			"Key of the objects: $TAG, $TAG[0] to $TAG[9], $INDEX or $INDEX[%06d], $UUID, record fields "+
				"($level, $kubernetes['labels']['app']) and strftime conversions.",
			func(c *Config) *string { return &c.KeyFormat }),
		text("s3_key_format_tag_delimiters", ".",
			"Characters at which $TAG[n] splits a tag.",
			func(c *Config) *string { return &c.TagDelimiters }),
		boolean("static_file_path", "false",
			"Do not append a random suffix to keys without $UUID and $INDEX; an object may then overwrite "+
				"another.",
			func(c *Config) *bool { return &c.StaticKey }),
		travels(text("canned_acl", "",
			"Canned ACL of the objects.",
			func(c *Config) *string { return &c.CannedACL })),
		travels(text("storage_class", "",
			"Storage class of the objects.",
			func(c *Config) *string { return &c.StorageClass })),
		travels(text("content_type", "",
			"Content-Type of the objects.",
			func(c *Config) *string { return &c.ContentType })),
		travels(boolean("send_content_md5", "false",
			"Send Content-MD5 with every body, as Object Lock needs.",
			func(c *Config) *bool { return &c.ContentMD5 })),
	}
}

// targetProperties are about where objects go, and with whose credentials.
func targetProperties() []Property {
	return []Property{
		text("bucket", "",
			"Name of the S3 bucket, which may have record fields with bucket_allow. Required.",
			func(c *Config) *string { return &c.Bucket }),
		travels(text("region", "us-east-1",
			"AWS region of the bucket. Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's or the instance's.",
			func(c *Config) *string { return &c.Region })),
		travels(endpoint("endpoint",
			"URL of another S3 server, addressed by path; https unless the URL says http.",
			func(c *Config) *string { return &c.Endpoint })),
		endpoint("sts_endpoint",
			"URL of another STS.",
			func(c *Config) *string { return &c.STSEndpoint }),
		custom("role_arn", "",
			"ARN of an IAM role to assume with the credentials that were found.",
			setRoleARN),
		text("profile", "",
			"Profile of the shared AWS files, in place of all other sources of credentials.",
			func(c *Config) *string { return &c.Profile }),
		text("external_id", "",
			"External ID for role_arn.",
			func(c *Config) *string { return &c.ExternalID }),
	}
}

// storeProperties are about the data that has not been uploaded yet.
func storeProperties() []Property {
	return []Property{
		text("store_dir", "/tmp/fluent-bit/s3",
			"Folder of the spools; each output has a folder with its alias or name in it.",
			func(c *Config) *string { return &c.StoreDir }),
		size("store_dir_limit_size", "0",
			"Limit of the spool; when it is reached, Fluent Bit keeps new data and retries. 0 is unlimited.",
			0, math.MaxInt64, func(c *Config) *int64 { return &c.StoreLimit }),
		size("quarantine_dir_limit_size", "0",
			"Limit of the quarantine; segments that would exceed it are deleted. 0 is unlimited.",
			0, math.MaxInt64, func(c *Config) *int64 { return &c.QuarantineLimit }),
		custom("retry_exhausted_action", "quarantine",
			"What to do with an object after upload_retry_limit: quarantine or delete.",
			setExhausted),
		boolean("auto_retry_requests", "true",
			"Retry a failed request at once, before the upload counts as failed.",
			func(c *Config) *bool { return &c.AutoRetry }),
		boolean("preserve_data_ordering", "true",
			"Upload the objects of a stream one after the other, in order.",
			func(c *Config) *bool { return &c.Ordered }),
	}
}

// laterProperties are those of the built-in output that are refused until they work.
func laterProperties() []Property {
	const blobs, presigned = "uploading blobs", "uploading blobs with presigned URLs"
	return []Property{
		later("blob_database_file", blobs),
		later("part_size", blobs),
		later("file_delivery_attempt_limit", blobs),
		later("part_delivery_attempt_limit", blobs),
		later("upload_parts_timeout", blobs),
		later("upload_part_freshness_limit", blobs),
		later("authorization_endpoint_url", presigned),
		later("authorization_endpoint_username", presigned),
		secret(later("authorization_endpoint_password", presigned)),
		secret(later("authorization_endpoint_bearer_token", presigned)),
	}
}

// ownProperties are those that the built-in output does not have. Some replace settings that
// Fluent Bit's engine keeps to itself (tls.*, retry_limit).
func ownProperties() []Property {
	return []Property{
		integer("compression_level", "0",
			"Level of the compression: gzip 1 to 9, zstd 1 to 22; 0 is the codec's default.",
			0, 22, func(c *Config) *int { return &c.Level }),
		custom("store_compression", "none",
			"Compression of store_dir: none costs the least CPU, s2 writes about a fifth to the disk.",
			setStoreCompression),
		period("exit_timeout", "4s",
			"How long a stop may continue uploading; the rest stays in the spool. Keep it below grace.",
			0, func(c *Config) *time.Duration { return &c.ExitTimeout }),
		period("upload_stall_timeout", "1m",
			"How long a request may stand still before it is aborted and repeated.",
			time.Second, func(c *Config) *time.Duration { return &c.StallTimeout }),
		boolean("json_escape_unicode", "true",
			"Write non-ASCII characters as \\uxxxx; replaces the service option json.escape_unicode.",
			func(c *Config) *bool { return &c.EscapeUnicode }),
		text("ca_file", "",
			"PEM file of the authorities that sign the server's certificate; replaces tls.ca_file.",
			func(c *Config) *string { return &c.CAFile }),
		boolean("ssl_verify", "true",
			"Verify the server's certificate; replaces tls.verify.",
			func(c *Config) *bool { return &c.SSLVerify }),
		custom("upload_retry_limit", "no_limits",
			"How often a failed upload of an object is retried: a number or no_limits; replaces retry_limit.",
			setRetryLimit),
		boolean("deduplicate", "true",
			"Recognise chunks that Fluent Bit delivers again after a crash or a stop.",
			func(c *Config) *bool { return &c.Deduplicate }),
		integer("encode_workers", "1",
			"Cores that encoding and compression may use, 1 to 64; a stop uses all of them.",
			1, 64, func(c *Config) *int { return &c.EncodeWorkers }),
		integer("upload_workers", "2",
			"Objects that are uploaded at once: 1 to 64.",
			1, 64, func(c *Config) *int { return &c.UploadWorkers }),
		integer("upload_part_workers", "2",
			"Parts of one object that are uploaded at once: 1 to 64. Each takes upload_chunk_size of memory.",
			1, 64, func(c *Config) *int { return &c.PartWorkers }),
		custom("pprof_listen", "",
			"Address on loopback to serve Go's profiles at, such as 127.0.0.1:6060; off by default.",
			setPprofListen),
	}
}
