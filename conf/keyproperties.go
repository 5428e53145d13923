package conf

import (
	"strings"
	"time"
)

// keyProperties are about which record gets into which object. The built-in output has none of
// them.
func keyProperties() []Property {
	zone := text("time_zone", "UTC",
		"Time zone of the time conversions in keys: an IANA name, or an offset such as +0800.",
		func(c *Config) *string { return &c.TimeZone })
	return []Property{
		custom("key_time", "first",
			"Whose time the time conversions show: that of the first record in the object, or that of each record.",
			func(c *Config, v string) string { return setWord(&c.KeyTime, v, "first", "record") }),
		period("key_time_max_age", "7d",
			"With key_time record: older records, and any more than an hour ahead, go under the time of arrival.",
			time.Minute, func(c *Config) *time.Duration { return &c.KeyTimeMaxAge }),
		integer("key_max_streams", "500",
			"How many keys that differ in record fields or time are written at once; records beyond them go "+
				"to __other__.",
			1, 100_000, func(c *Config) *int { return &c.KeyMaxStreams }),
		zone,
		alias("time_offset", zone),
		custom("bucket_allow", "",
			"Buckets that record fields in bucket may name, comma between. Records for others go to bucket_default.",
			setBucketAllow),
		text("bucket_default", "",
			"Bucket of records whose fields name none in bucket_allow.",
			func(c *Config) *string { return &c.BucketDefault }),
	}
}

func setBucketAllow(c *Config, v string) string {
	for _, name := range strings.Split(v, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return "has an empty name: write names of buckets, comma between"
		}
		c.BucketAllow = append(c.BucketAllow, name)
	}
	return ""
}
