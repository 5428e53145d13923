// Package conf turns the settings of an output, all text, into a Config, and
// reports every mistake at once.
//
//	cfg, err := conf.Parse(lookup, conf.Checks{})
//
// Properties are those of Fluent Bit's built-in s3 output (v5.1.1), by name,
// type, default, unit and range, and some of our own.
package conf

import (
	"fmt"
	"strings"
	"time"
)

// Config is a checked configuration. Sizes are bytes.
type Config struct {
	Bucket      string
	Region      string
	RegionUnset bool   // Region is the default, since nothing names one
	Endpoint    string // URL, "" for AWS's own
	STSEndpoint string // URL, "" for AWS's own
	Profile     string // "" for the chain of credential sources
	RoleARN     string
	ExternalID  string
	// Of the session of RoleARN; zero fields are for the defaults.
	RoleSessionName string
	RoleDuration    time.Duration
	RoleTags        []Pair

	CAFile    string
	SSLVerify bool
	// Which of AWS's own endpoints to use; Endpoint and STSEndpoint win.
	UseFIPS, UseDualStack, UseAccelerate bool
	PathStyle                            bool // the bucket's name is in the path and not in the host

	KeyFormat     string
	TagDelimiters string
	StaticKey     bool

	KeyTime       string // first or record: whose time the key shows
	KeyTimeMaxAge time.Duration
	KeyMaxStreams int
	TimeZone      string
	// Buckets that record fields in Bucket may name, and the one for all others.
	BucketAllow   []string
	BucketDefault string

	Format         string // json_lines
	JSONDateFormat string // double, epoch, epoch_ms, iso8601 or java_sql_timestamp
	JSONDateKey    string // "" for none
	EscapeUnicode  bool
	LogKey         string
	Compression    string // none, gzip, zstd or snappy
	Level          int    // 0 for the codec's default

	TotalFileSize int64
	PartSize      int64
	UploadTimeout time.Duration
	PutObject     bool

	CannedACL    string
	StorageClass string
	ContentType  string
	ContentMD5   bool
	Checksum     string // crc64nvme, crc32c, crc32, sha256 or none
	// ContentEncoding replaces the compression's, unless it is "". "none" is for none.
	ContentEncoding string
	CacheControl    string
	Tags, Metadata  []Pair // values may have tag parts

	GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP string

	SSE                string // AES256, aws:kms or aws:kms:dsse; "" for the bucket's default
	SSEKeyID           string
	SSEBucketKey       bool
	SSEContext         string // JSON object
	SSECustomerKeyFile string

	LockMode      string // GOVERNANCE, COMPLIANCE or ""
	LockRetain    time.Duration
	LegalHold     bool
	ExpectedOwner string // 12 digits, or ""
	RequestPayer  string // requester, or ""

	StoreDir        string
	StoreLimit      int64 // 0 for none
	QuarantineLimit int64 // 0 for none
	// StoreCompression is none or s2.
	StoreCompression string

	Deduplicate   bool // chunks that Fluent Bit delivers again
	AutoRetry     bool
	Ordered       bool
	RetryLimit    int // retries of an object, or Unlimited
	DropExhausted bool
	ExitTimeout   time.Duration
	StallTimeout  time.Duration // how long a request may stand still
	UploadWorkers int
	PartWorkers   int
	EncodeWorkers int
	PprofListen   string // address on loopback, "" for none

	// Warnings are for the log.
	Warnings []string
}

// Destination returns the properties that travel with the data, as far as they are set, by
// name. They say how objects reach their bucket; the bucket itself and the credentials are
// not among them.
func (c Config) Destination() map[string]string {
	set := map[string]string{}
	for _, p := range Properties() {
		if !p.Travels {
			continue
		}
		if value := p.get(&c); value != "" {
			set[p.Name] = value
		}
	}
	return set
}

// Unlimited is the RetryLimit for retrying forever.
const Unlimited = -1

// Lookup returns the value of a property and whether it is set.
type Lookup func(name string) (value string, set bool)

// Checks are what this package cannot check by itself. A nil function accepts everything.
type Checks struct {
	KeyFormat func(format, delimiters string) error
	// Text checks the tag parts and record fields in a value.
	Text func(text, delimiters string) error
	// IsFixed reports whether a text has neither.
	IsFixed func(text string) bool
	// Zone checks the name of a time zone.
	Zone func(name string) error
	// CustomerKey checks the file of a key for SSE-C.
	CustomerKey func(file string) error
	// Endpoint finds the endpoint of "s3" or "sts" that no property sets, and the name of the setting that does.
	// Mistakes in it count: with an endpoint that cannot be used, logs must not go to Amazon's bucket of that name.
	Endpoint func(c Config, service string) (url, where string)
	// Target checks bucket, region, role, storage class and ACL by the rules of the server that they are for.
	Target bool
}

// findEndpoints sets the endpoints that no property sets. It returns false if one of them cannot be used.
func (c *Config) findEndpoints(checks Checks, report reporter) bool {
	if checks.Endpoint == nil {
		return true
	}
	valid := true
	for _, each := range []struct {
		service string
		field   *string
	}{{"s3", &c.Endpoint}, {"sts", &c.STSEndpoint}} {
		value, where := checks.Endpoint(*c, each.service)
		if *each.field != "" || value == "" {
			continue
		}
		u, ok := parseEndpoint(value)
		if !ok {
			report(where, "%q is not a valid endpoint: write http://host:port or https://host:port", value)
			valid = false
			continue
		}
		*each.field = u
	}
	return valid
}

// Mistake is one thing that is wrong. Problem follows the property's name in a sentence; it
// says the value and the remedy.
type Mistake struct {
	Property string
	Problem  string
}

// Mistakes is the error of Parse.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	var b strings.Builder
	switch len(m) {
	case 1:
		b.WriteString("configuration mistake: ")
	default:
		fmt.Fprintf(&b, "%d configuration mistakes: ", len(m))
	}
	for i, mistake := range m {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(mistake.Property + " " + mistake.Problem)
	}
	return b.String()
}

// Parse parses all properties. The error is Mistakes.
func Parse(get Lookup, checks Checks) (Config, error) {
	var c Config
	var mistakes Mistakes
	for _, p := range Properties() {
		value, set := get(p.Name)
		if !set {
			value = p.Default
		}
		if !set && value == "" {
			continue
		}
		if problem := p.apply(&c, value); problem != "" {
			mistakes = append(mistakes, Mistake{p.Name, fmt.Sprintf("%q %s", show(p, value), problem)})
		}
	}
	_, set := get("region")
	c.RegionUnset = !set
	for _, m := range c.check(get, checks, !mistakes.has("endpoint")) {
		if !mistakes.has(m.Property) {
			mistakes = append(mistakes, m)
		}
	}
	if len(mistakes) > 0 {
		return Config{}, mistakes
	}
	return c, nil
}

func (m Mistakes) has(property string) bool {
	for _, mistake := range m {
		if mistake.Property == property {
			return true
		}
	}
	return false
}

// show returns a value as it may be printed.
func show(p Property, value string) string {
	if p.Secret {
		return "***"
	}
	return value
}

// check checks what concerns several properties. If the endpoint is not known, nothing is asked of what depends on it.
func (c *Config) check(get Lookup, checks Checks, endpointKnown bool) (found []Mistake) {
	report := func(property, format string, args ...any) {
		found = append(found, Mistake{property, fmt.Sprintf(format, args...)})
	}
	if c.Bucket == "" {
		report("bucket", "is required: set it to the name of the S3 bucket")
	}
	c.checkRole(report)
	if checks.KeyFormat != nil {
		if err := checks.KeyFormat(c.KeyFormat, c.TagDelimiters); err != nil {
			report("s3_key_format", "%q %v", c.KeyFormat, err)
		}
	}
	for property, pairs := range map[string][]Pair{"tags": c.Tags, "metadata": c.Metadata} {
		for _, p := range pairs {
			if checks.Text == nil {
				break
			}
			if err := checks.Text(p.Value, c.TagDelimiters); err != nil {
				report(property, "%q %v", p.Name+"="+p.Value, err)
			}
		}
	}
	c.checkKeys(checks, report)
	c.checkSizes(report)
	c.checkLevel(report)
	endpointKnown = c.findEndpoints(checks, report) && endpointKnown
	c.adoptRegion()
	c.checkAddressing(func(property string) bool { value, set := get(property); return set && value != "" }, report)
	c.checkProtection(checks, report)
	if checks.Target && endpointKnown {
		c.checkTarget(report)
	}
	c.lookOver()
	return found
}

type reporter func(property, format string, args ...any)

// Limits of the built-in output (plugins/out_s3/s3.h:34-58), in bytes.
const (
	minPart           = 5_242_880
	maxPart           = 50_000_000
	maxPartCompressed = 5_000_000_000
	minFile           = 1_000_000
	maxFile           = 50_000_000_000
	maxPutObject      = 1_000_000_000
)

func (c *Config) checkSizes(report reporter) {
	if c.TotalFileSize < 2*minPart {
		c.PutObject = true // as the built-in output does (s3.c:1060)
	}
	if c.PutObject && c.TotalFileSize > maxPutObject {
		report("total_file_size", "%d is more than PutObject takes (%d): lower it or set use_put_object off",
			c.TotalFileSize, maxPutObject)
	}
	limit := int64(maxPart)
	if c.Compression != "none" {
		limit = maxPartCompressed
	}
	switch {
	case c.PutObject:
	case c.PartSize < minPart || c.PartSize > limit:
		report("upload_chunk_size",
			"%d is out of range: %d to %d with compression %s (sizes are decimal: 5M is 5000000)",
			c.PartSize, minPart, limit, c.Compression)
	case c.PartSize > c.TotalFileSize:
		report("upload_chunk_size", "%d is larger than total_file_size %d: lower it", c.PartSize, c.TotalFileSize)
	}
	if c.PartSize != minPart && 2*c.PartSize > c.TotalFileSize {
		report("total_file_size", "%d is less than twice upload_chunk_size %d: raise it", c.TotalFileSize, c.PartSize)
	}
}

func (c *Config) checkLevel(report reporter) {
	limit, ok := map[string]int{"gzip": 9, "zstd": 22}[c.Compression]
	switch {
	case c.Level == 0:
	case !ok:
		report("compression_level", "%d has no effect with compression %s: leave it out", c.Level, c.Compression)
	case c.Level > limit:
		report("compression_level", "%d is out of range for %s: 1 to %d", c.Level, c.Compression, limit)
	}
}
