package conf

import (
	"fmt"
	"net"
	"regexp"
	"strings"
)

// checkBucket checks the bucket's name: by S3's rules at AWS, and by what can be a name at all elsewhere.
func (c *Config) checkBucket(report reporter) {
	problem := ""
	switch {
	case c.Bucket == "": // reported as missing
	case strings.HasPrefix(c.Bucket, "arn:"):
		problem = c.checkARN(report)
	case strings.ContainsAny(c.Bucket, ":/ \t"):
		problem = notAName(c.Bucket)
	case c.atAWS():
		problem = c.breaksRules()
	case otherThanS3.MatchString(c.Bucket):
		c.warn("rename bucket %s if the server refuses it: S3's names have lower-case letters, digits, dots and "+
			"hyphens", c.Bucket)
	}
	if problem != "" {
		report("bucket", "%q %s", c.Bucket, problem)
	}
}

// otherThanS3 matches what no new bucket of S3 has in its name.
var otherThanS3 = regexp.MustCompile(`[^a-z0-9.-]`)

// notAName returns the remedy for a URL or a path.
func notAName(value string) string {
	const write = "is not a bucket's name: write bucket "
	if _, rest, found := strings.Cut(value, "://"); found {
		value = rest
		if host, path, _ := strings.Cut(value, "/"); strings.Contains(host, ".amazonaws.com") {
			return write + "logs, the name alone" + inKey(path)
		}
	}
	name, path, _ := strings.Cut(value, "/")
	if name == "" || strings.ContainsAny(name, ": \t") {
		return write + "logs, the name alone"
	}
	return write + name + inKey(path)
}

// inKey returns where the path behind a bucket's name belongs.
func inKey(path string) string {
	if path = strings.Trim(path, "/"); path == "" {
		return ""
	}
	return fmt.Sprintf(", and put %s/ at the beginning of s3_key_format", path)
}

// Names that are reserved for something else
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). Aliases of access points end in
// -s3alias, and directory buckets in --x-s3: both take objects.
var (
	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = map[string]string{
		"--ol-s3":    "is an Object Lambda access point, which takes no objects: write the bucket's name",
		"--table-s3": "is a table bucket, which takes no objects: write the name of a general purpose bucket",
		".mrap":      "is the alias of a multi-region access point: write its ARN",
	}
)

// breaksRules returns which of AWS's rules the name breaks, with the remedy.
func (c *Config) breaksRules() string {
	name := c.Bucket
	for suffix, problem := range reservedSuffixes {
		if strings.HasSuffix(name, suffix) {
			return problem
		}
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return "begins with " + prefix + ", which is reserved: write the name of your bucket"
		}
	}
	if legacyName.MatchString(name) && c.Region == "us-east-1" && (otherThanS3.MatchString(name) || len(name) > 63) {
		c.warn("check that bucket %s exists: only names from before March 2018 have capitals, underscores "+
			"or more than 63 characters", name)
		return ""
	}
	switch {
	case len(name) < 3 || len(name) > 63:
		return fmt.Sprintf("has %d characters, and a bucket's name 3 to 63: write the name of your bucket", len(name))
	case otherThanS3.MatchString(name):
		return "has other characters than lower-case letters, digits, dots and hyphens: write the bucket's name as " +
			"S3 shows it"
	case net.ParseIP(name) != nil:
		return "is an IP address: write the bucket's name, and the server's address as endpoint"
	case strings.Contains(name, ".."):
		return "has two dots in a row, which no bucket has: write the bucket's name as S3 shows it"
	case strings.Trim(name, ".-") != name:
		return "must begin and end with a letter or a digit: write the bucket's name as S3 shows it"
	}
	return ""
}

// legacyName matches the names of us-east-1 from before March 2018.
var legacyName = regexp.MustCompile(`^[A-Za-z0-9._-]{3,255}$`)
