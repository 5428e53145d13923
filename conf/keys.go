package conf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Buckets returns all buckets that objects may go to, the default first.
func (c Config) Buckets() []string {
	if len(c.BucketAllow) == 0 {
		return []string{c.Bucket}
	}
	all := []string{c.BucketDefault}
	for _, name := range c.BucketAllow {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// checkKeys checks what says which record gets into which object.
func (c *Config) checkKeys(checks Checks, report reporter) {
	if checks.Zone != nil {
		if err := checks.Zone(c.TimeZone); err != nil {
			report("time_zone", "%q %v", c.TimeZone, err)
		}
	}
	if checks.Text == nil || checks.IsFixed == nil || c.Bucket == "" {
		return
	}
	if strings.Contains(c.Bucket, "$") {
		if err := checks.Text(c.Bucket, c.TagDelimiters); err != nil {
			report("bucket", "%q %v", c.Bucket, err)
			return
		}
	}
	fixed := checks.IsFixed(c.Bucket)
	switch {
	case fixed && (len(c.BucketAllow) > 0 || c.BucketDefault != ""):
		report("bucket_allow", "and bucket_default need a record field in bucket, which is %q: remove them", c.Bucket)
	case fixed:
	case len(c.BucketAllow) == 0:
		report(
			"bucket",
			"%q has record fields or tag parts, which anybody who writes a log may choose: list the buckets "+
				"that they may name in bucket_allow",
			c.Bucket,
		)
	case c.BucketDefault == "":
		report("bucket_default", "is required with bucket_allow: set it to the bucket for all other records")
	}
}

// eachBucket calls check with each bucket that objects may go to as the only one. What it
// reports about the bucket is reported about the property that names it.
func (c *Config) eachBucket(report reporter, check func(*Config, reporter)) {
	if len(c.BucketAllow) == 0 {
		check(c, report)
		return
	}
	for i, name := range c.Buckets() {
		one := *c
		one.Bucket, one.Warnings = name, nil
		check(&one, func(property, format string, args ...any) {
			if property == "bucket" {
				property = "bucket_allow"
				if i == 0 {
					property = "bucket_default"
				}
			}
			report(property, format, args...)
		})
		for _, w := range one.Warnings {
			if !slices.Contains(c.Warnings, w) {
				c.Warnings = append(c.Warnings, w)
			}
		}
	}
}

// accessor matches what may be a record field in a key.
var accessor = regexp.MustCompile(`\$[A-Za-z_]\w*(?:\['[^']*'\]|\[\d+\])*`)

// manyValued are members that nearly every record has another value of.
var manyValued = strings.Fields(
	`pod_name pod_id pod_ip docker_id container_id container_hash trace_id traceId span_id spanId
	request_id requestId correlation_id session_id user_id user id uuid uid log message msg time timestamp ts ip
	client_ip remote remote_addr path url uri`,
)

// keyNotes returns what is probably a mistake in a key.
func (c Config) keyNotes() (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	for _, field := range accessor.FindAllString(c.KeyFormat, -1) {
		names := strings.FieldsFunc(field, func(r rune) bool { return strings.ContainsRune("$[]'", r) })
		if slices.Contains(manyValued, names[len(names)-1]) {
			note("take %s out of s3_key_format if it has many values: each has an object of its own every %v, and "+
				"beyond %d at once they go to __other__", field, c.UploadTimeout, c.KeyMaxStreams)
		}
	}
	if c.KeyTime == "record" && conversionOfSeconds.MatchString(c.KeyFormat) {
		note("take the seconds out of s3_key_format, or set key_time first: with key_time record each second of the " +
			"records has an object of its own")
	}
	if name := c.JSONDateKey; name != "" && strings.Contains(c.KeyFormat, "/"+name+"=") {
		note("name the partition %s= of s3_key_format otherwise, dt= for example: records have a member %s, too, and "+
			"query engines refuse two columns of one name", name, name)
	}
	return notes
}

// conversionOfSeconds matches the time conversions that change each second.
var conversionOfSeconds = regexp.MustCompile(`%-?[sSTrcX]`)
