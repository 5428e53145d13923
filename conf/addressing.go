package conf

import (
	"strconv"
	"strings"
)

// addressingProperties are about which host is asked for a bucket, and how. Unless they are
// set, the environment or the profile says.
func addressingProperties() []Property {
	all := []Property{
		boolean("use_fips", "",
			"Use AWS's endpoints that are validated by FIPS 140. Default: AWS_USE_FIPS_ENDPOINT or the profile's.",
			func(c *Config) *bool { return &c.UseFIPS }),
		boolean("use_dualstack", "",
			"Use AWS's endpoints with IPv6. Default: AWS_USE_DUALSTACK_ENDPOINT or the profile's.",
			func(c *Config) *bool { return &c.UseDualStack }),
		boolean("use_accelerate", "false",
			"Use S3 Transfer Acceleration, which the bucket must have enabled.",
			func(c *Config) *bool { return &c.UseAccelerate }),
		boolean("force_path_style", "",
			"Put the bucket's name into the path and not into the host. Default: true with endpoint, else false.",
			func(c *Config) *bool { return &c.PathStyle }),
	}
	all[3].get = func(c *Config) string {
		if c.PathStyle == (c.Endpoint != "") {
			return "" // the default
		}
		return strconv.FormatBool(c.PathStyle)
	}
	for i, p := range all {
		all[i] = travels(p)
	}
	return all
}

// checkAddressing refuses what contradicts, by name. own reports whether a property is set.
func (c *Config) checkAddressing(own func(property string) bool, report reporter) {
	if !own("force_path_style") {
		c.PathStyle = c.Endpoint != ""
	}
	for property, on := range map[string]bool{
		"use_fips": c.UseFIPS, "use_dualstack": c.UseDualStack, "use_accelerate": c.UseAccelerate,
	} {
		if on && own(property) && c.Endpoint != "" {
			report(
				property,
				"chooses among Amazon's own hosts, and endpoint %s is another: remove one of them",
				c.Endpoint,
			)
		}
	}
	c.eachBucket(report, (*Config).checkStyle)
	c.eachBucket(report, (*Config).checkARNAddressing)
}

// checkStyle refuses ways of addressing that are not possible for the bucket.
func (c *Config) checkStyle(report reporter) {
	isARN := strings.HasPrefix(c.Bucket, "arn:")
	switch {
	case c.PathStyle && isARN && c.Endpoint == "":
		report("force_path_style", "is not possible with the ARN of an access point: remove it")
	case !c.UseAccelerate:
	case c.PathStyle:
		report("use_accelerate", "needs the bucket's name in the host: remove force_path_style")
	case c.UseFIPS:
		report("use_accelerate", "has no FIPS endpoints: remove it, or use_fips")
	case isARN:
		report("use_accelerate", "is not possible with the ARN of an access point: remove it")
	case strings.Contains(c.Bucket, "."):
		report("use_accelerate", "is not possible for a bucket with a dot in its name: remove it")
	}
}

// checkARNAddressing refuses what access points that are not of one region have no endpoints for.
func (c *Config) checkARNAddressing(report reporter) {
	what := ""
	switch {
	case strings.HasSuffix(c.Bucket, ".mrap") && strings.HasPrefix(c.Bucket, "arn:"):
		what = "a multi-region access point"
	case strings.Contains(c.Bucket, ":s3-outposts:"):
		what = "an access point of Outposts"
	default:
		return
	}
	if c.UseFIPS {
		report("use_fips", "is not possible with %s: remove it", what)
	}
	if c.UseDualStack {
		report("use_dualstack", "is not possible with %s: remove it", what)
	}
}
