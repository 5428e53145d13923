package conf

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Property describes a setting.
type Property struct {
	Name        string
	Type        Type
	Default     string // "" for none
	Description string // with unit and range
	Secret      bool   // its value is never printed

	// apply puts a value into c and returns what is wrong with it, "" if nothing.
	apply func(c *Config, value string) (problem string)
}

// Type is what a value is, in Fluent Bit's terms.
type Type uint8

// The types (include/fluent-bit/flb_config_map.h:33).
const (
	String Type = iota
	Size
	Time
	Boolean
	Integer
)

// Properties returns all settings: those of the built-in output in its order,
// then ours.
func Properties() []Property {
	return slices.Concat(objectProperties(), targetProperties(), storeProperties(), laterProperties(), ownProperties())
}

// objectProperties say what is in an object and what it is called.
func objectProperties() []Property {
	return []Property{
		custom("format", "json_lines", "Format of the objects: json_lines.", setFormat),
		custom("json_date_format", "iso8601", "Format of the record's time: iso8601, java_sql_timestamp, double, epoch or epoch_ms (epoch_millis, epoch_milliseconds).", setDateFormat),
		custom("json_date_key", "date", "Name of the time's member, the first of each record; false leaves it out.", setDateKey),
		text("log_key", "", "Write only the value of this key, a line for each record; text as it is, anything else as JSON.", func(c *Config) *string { return &c.LogKey }),
		custom("compression", "none", "Compression of the objects: none, gzip, zstd or snappy (framed). Sets Content-Encoding.", setCompression),
		size("total_file_size", "100000000", "Size of the objects, after compression: 1M to 50G; below 10485760 PutObject is used.", minFile, maxFile, func(c *Config) *int64 { return &c.TotalFileSize }),
		size("upload_chunk_size", "5242880", "Size of the parts of a multipart upload: 5242880 to 50M.", 0, maxPartCompressed, func(c *Config) *int64 { return &c.PartSize }),
		period("upload_timeout", "10m", "Age at which an object is completed, whatever its size.", time.Second, func(c *Config) *time.Duration { return &c.UploadTimeout }),
		boolean("use_put_object", "false", "Use PutObject for objects of any size, up to 1G.", func(c *Config) *bool { return &c.PutObject }),
		text("s3_key_format", "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S", "Key of the objects: $TAG, $TAG[0] to $TAG[9], $INDEX, $UUID and strftime conversions in UTC.", func(c *Config) *string { return &c.KeyFormat }),
		text("s3_key_format_tag_delimiters", ".", "Characters at which $TAG[n] cuts a tag.", func(c *Config) *string { return &c.TagDelimiters }),
		boolean("static_file_path", "false", "Do not append a random suffix to keys without $UUID and $INDEX; an object may then overwrite another.", func(c *Config) *bool { return &c.StaticKey }),
		text("canned_acl", "", "Canned ACL of the objects.", func(c *Config) *string { return &c.CannedACL }),
		text("storage_class", "", "Storage class of the objects.", func(c *Config) *string { return &c.StorageClass }),
		text("content_type", "", "Content-Type of the objects.", func(c *Config) *string { return &c.ContentType }),
		boolean("send_content_md5", "false", "Send Content-MD5 with every body, as Object Lock needs.", func(c *Config) *bool { return &c.ContentMD5 }),
	}
}

// targetProperties say where objects go and as whom.
func targetProperties() []Property {
	return []Property{
		text("bucket", "", "Name of the S3 bucket. Required.", func(c *Config) *string { return &c.Bucket }),
		text("region", "us-east-1", "AWS region of the bucket.", func(c *Config) *string { return &c.Region }),
		endpoint("endpoint", "URL of another S3 server, addressed by path; https unless it says http.", func(c *Config) *string { return &c.Endpoint }),
		endpoint("sts_endpoint", "URL of another STS.", func(c *Config) *string { return &c.STSEndpoint }),
		custom("role_arn", "", "ARN of an IAM role to assume with the credentials found.", setRoleARN),
		text("profile", "", "Profile of the shared AWS files, in place of all other sources of credentials.", func(c *Config) *string { return &c.Profile }),
		text("external_id", "", "External ID for role_arn.", func(c *Config) *string { return &c.ExternalID }),
	}
}

// storeProperties say how data is kept until it has arrived.
func storeProperties() []Property {
	return []Property{
		text("store_dir", "/tmp/fluent-bit/s3", "Folder of the spool; each output has a folder of its name in it.", func(c *Config) *string { return &c.StoreDir }),
		size("store_dir_limit_size", "0", "Limit of the spool; when it is reached Fluent Bit keeps the data and retries. 0 is unlimited.", 0, math.MaxInt64, func(c *Config) *int64 { return &c.StoreLimit }),
		size("quarantine_dir_limit_size", "0", "Limit of the quarantine; what would exceed it is deleted. 0 is unlimited.", 0, math.MaxInt64, func(c *Config) *int64 { return &c.QuarantineLimit }),
		custom("retry_exhausted_action", "quarantine", "What to do with an object after upload_retry_limit: quarantine or delete.", setExhausted),
		boolean("auto_retry_requests", "true", "Retry a failed request at once, before the upload counts as failed.", func(c *Config) *bool { return &c.AutoRetry }),
		boolean("preserve_data_ordering", "true", "Upload the objects of a stream one after the other.", func(c *Config) *bool { return &c.Ordered }),
	}
}

// laterProperties are known and refused until they work.
func laterProperties() []Property {
	return []Property{
		later("blob_database_file", "uploading blobs"), later("part_size", "uploading blobs"),
		later("file_delivery_attempt_limit", "uploading blobs"), later("part_delivery_attempt_limit", "uploading blobs"),
		later("upload_parts_timeout", "uploading blobs"), later("upload_part_freshness_limit", "uploading blobs"),
		later("authorization_endpoint_url", "uploading blobs with presigned URLs"), later("authorization_endpoint_username", "uploading blobs with presigned URLs"),
		secret(later("authorization_endpoint_password", "uploading blobs with presigned URLs")), secret(later("authorization_endpoint_bearer_token", "uploading blobs with presigned URLs")),
	}
}

// ownProperties are not known to the built-in output. Some stand for settings
// that Fluent Bit's engine keeps for itself (tls.*, retry_limit).
func ownProperties() []Property {
	return []Property{
		integer("compression_level", "0", "Level of the compression: gzip 1 to 9, zstd 1 to 22; 0 is the codec's default.", 0, 22, func(c *Config) *int { return &c.Level }),
		custom("store_compression", "none", "Compression of store_dir: none, which costs the least CPU, or s2, which writes about a fifth to the disk.", setStoreCompression),
		period("exit_timeout", "4s", "How long a stop may go on uploading; the rest stays in the spool. Keep it below Fluent Bit's grace.", 0, func(c *Config) *time.Duration { return &c.ExitTimeout }),
		period("upload_stall_timeout", "1m", "How long a request may go without a byte moving before it is given up and made again.", time.Second, func(c *Config) *time.Duration { return &c.StallTimeout }),
		boolean("json_escape_unicode", "true", "Write non-ASCII characters as \\uxxxx, as Fluent Bit's service option json.escape_unicode does, which an output cannot see.", func(c *Config) *bool { return &c.EscapeUnicode }),
		text("ca_file", "", "PEM file of the authorities that sign the server's certificate, in place of tls.ca_file.", func(c *Config) *string { return &c.CAFile }),
		boolean("ssl_verify", "true", "Check the server's certificate, in place of tls.verify.", func(c *Config) *bool { return &c.SSLVerify }),
		custom("upload_retry_limit", "no_limits", "How often a failed object is tried again, in place of retry_limit: a number or no_limits.", setRetryLimit),
		boolean("deduplicate", "true", "Recognise chunks that Fluent Bit delivers again because it was killed or stopped before it noted our answer.", func(c *Config) *bool { return &c.Deduplicate }),
		integer("encode_workers", "1", "Cores that encoding and compression may use, 1 to 64; a stop uses all that there are.", 1, 64, func(c *Config) *int { return &c.EncodeWorkers }),
		integer("upload_workers", "2", "Objects that are uploaded at once: 1 to 64.", 1, 64, func(c *Config) *int { return &c.UploadWorkers }),
		integer("upload_part_workers", "2", "Parts of one object that are uploaded at once: 1 to 64. Each takes upload_chunk_size of memory.", 1, 64, func(c *Config) *int { return &c.PartWorkers }),
		custom("pprof_listen", "", "Address on loopback, 127.0.0.1:6060 say, to serve Go's profiles at; none by default.", setPprofListen),
	}
}

// custom makes a property with a function of its own.
func custom(name, def, description string, apply func(*Config, string) string) Property {
	return Property{name, String, def, description, false, apply}
}

func text(name, def, description string, field func(*Config) *string) Property {
	return Property{name, String, def, description, false, func(c *Config, v string) string {
		*field(c) = v
		return ""
	}}
}

func size(name, def, description string, least, most int64, field func(*Config) *int64) Property {
	return Property{name, Size, def, description, false, func(c *Config, v string) string {
		n, ok := parseSize(v)
		switch {
		case !ok:
			return "is no size: write bytes, or a number with K, M or G (1000, 1000000, 1000000000)"
		case n < least || n > most:
			return fmt.Sprintf("is out of range: %d to %d bytes (K, M and G are decimal)", least, most)
		}
		*field(c) = n
		return ""
	}}
}

func period(name, def, description string, least time.Duration, field func(*Config) *time.Duration) Property {
	return Property{name, Time, def, description, false, func(c *Config, v string) string {
		d, ok := parseTime(v)
		switch {
		case !ok:
			return "is no time: write seconds, or a whole number with s, m, h or d"
		case d < least:
			return fmt.Sprintf("is too short: at least %v", least)
		}
		*field(c) = d
		return ""
	}}
}

func boolean(name, def, description string, field func(*Config) *bool) Property {
	return Property{name, Boolean, def, description, false, func(c *Config, v string) string {
		b, ok := parseBool(v)
		if !ok {
			return "is neither true (on, yes) nor false (off, no)"
		}
		*field(c) = b
		return ""
	}}
}

func integer(name, def, description string, least, most int, field func(*Config) *int) Property {
	return Property{name, Integer, def, description, false, func(c *Config, v string) string {
		n, err := strconv.Atoi(v)
		if err != nil || n < least || n > most {
			return fmt.Sprintf("is out of range: a whole number from %d to %d", least, most)
		}
		*field(c) = n
		return ""
	}}
}

func endpoint(name, description string, field func(*Config) *string) Property {
	return Property{name, String, "", description, false, func(c *Config, v string) string {
		u, ok := parseEndpoint(v)
		if !ok {
			return "is no endpoint: write host, host:port, http://host:port or https://host:port"
		}
		*field(c) = u
		return ""
	}}
}

// later makes a property of the built-in output that this version refuses.
func later(name, what string) Property {
	return Property{name, String, "", "Not supported yet: " + what + ".", false, func(*Config, string) string {
		return "is not supported yet (" + what + "): remove it, or keep this output on the built-in s3 plugin"
	}}
}

func secret(p Property) Property {
	p.Secret = true
	return p
}

func setFormat(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "json_lines":
	case "json":
		c.Warnings = append(c.Warnings, "format json is written as json_lines")
	case "parquet", "arrow", "otlp_json", "otlp_json_pretty":
		return "is not supported yet: use json_lines, or keep this output on the built-in s3 plugin"
	default:
		return "is not known: use json_lines"
	}
	return ""
}

func setDateFormat(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "double", "epoch", "iso8601", "java_sql_timestamp":
		c.JSONDateFormat = v
	case "epoch_ms", "epoch_millis", "epoch_milliseconds":
		c.JSONDateFormat = "epoch_ms"
	default:
		return "is not known: use iso8601, java_sql_timestamp, double, epoch or epoch_ms"
	}
	return ""
}

func setDateKey(c *Config, v string) string {
	if on, ok := parseBool(v); !ok || on {
		c.JSONDateKey = v
	}
	return ""
}

func setCompression(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "none", "gzip", "zstd", "snappy":
		c.Compression = v
		return ""
	case "parquet", "arrow":
		return "is not supported yet: use none, gzip, zstd or snappy, or keep this output on the built-in s3 plugin"
	}
	return "is not known: use none, gzip, zstd or snappy"
}

func setStoreCompression(c *Config, v string) string {
	switch v = strings.ToLower(v); v {
	case "none", "s2":
		c.StoreCompression = v
		return ""
	}
	return "is not known: use none or s2"
}

// setRoleARN takes arn:partition:iam:region:account:role/path/name. Servers other
// than AWS have partitions, regions and empty accounts of their own.
func setRoleARN(c *Config, v string) string {
	parts := strings.SplitN(v, ":", 6)
	plain := strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	if !plain || len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] != "iam" ||
		!strings.HasPrefix(parts[5], "role/") || strings.HasSuffix(parts[5], "/") {
		return "is no ARN of a role: write arn:aws:iam::123456789012:role/name"
	}
	c.RoleARN = v
	return ""
}

// setPprofListen takes addresses that no other machine reaches: profiles tell what
// the process does.
func setPprofListen(c *Config, v string) string {
	host, port, err := net.SplitHostPort(v)
	if err != nil || port == "" {
		return "is no address: write 127.0.0.1:6060"
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "is not on loopback: write 127.0.0.1:6060 and forward the port if you are elsewhere"
	}
	c.PprofListen = v
	return ""
}

func setExhausted(c *Config, v string) string {
	switch strings.ToLower(v) {
	case "quarantine":
	case "delete":
		c.DropExhausted = true
	default:
		return "is not known: use quarantine or delete"
	}
	return ""
}

func setRetryLimit(c *Config, v string) string {
	switch strings.ToLower(v) {
	case "no_limits", "false", "off":
		c.RetryLimit = Unlimited
		return ""
	case "no_retries":
		c.RetryLimit = 0
		return ""
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return "is neither a number nor no_limits nor no_retries"
	}
	c.RetryLimit = n
	return ""
}
