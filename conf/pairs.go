package conf

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Pair is a name with its value.
type Pair struct{ Name, Value string }

// parsePairs parses k=v&k2=v2, with %XX for characters that stand for something.
func parsePairs(text string) (pairs []Pair, problem string) {
	seen := map[string]bool{}
	for _, each := range strings.Split(text, "&") {
		name, value, ok := strings.Cut(each, "=")
		name, nameErr := url.PathUnescape(name)
		value, valueErr := url.PathUnescape(value)
		switch {
		case !ok || name == "":
			return nil, "is not valid: write name=value, and & between several"
		case nameErr != nil || valueErr != nil:
			return nil, "has a percent sign without two hexadecimal digits: write %25 for a percent sign"
		case seen[name]:
			return nil, fmt.Sprintf("has %s twice: remove one of them", name)
		}
		seen[name] = true
		pairs = append(pairs, Pair{name, value})
	}
	return pairs, ""
}

// formatPairs is the inverse of parsePairs.
func formatPairs(pairs []Pair) string {
	escape := strings.NewReplacer("%", "%25", "&", "%26", "=", "%3D")
	var all []string
	for _, p := range pairs {
		all = append(all, escape.Replace(p.Name)+"="+escape.Replace(p.Value))
	}
	return strings.Join(all, "&")
}

// Limits of S3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html and UsingMetadata.html).
const (
	maxTags        = 10
	maxTagName     = 128 // characters
	MaxTagValue    = 256
	MaxMetadata    = 2048 // bytes of names and values
	ownMetadataKey = "sluice-id"
)

// tagText matches what S3 takes in a tag. In values, what a tag part brings is replaced if need be.
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@$\[\]-]*$`)

func setTags(c *Config, v string) (problem string) {
	if c.Tags, problem = parsePairs(v); problem != "" {
		return problem
	}
	if len(c.Tags) > maxTags {
		return fmt.Sprintf("has %d tags: S3 takes at most %d", len(c.Tags), maxTags)
	}
	for _, t := range c.Tags {
		switch {
		case utf8.RuneCountInString(t.Name) > maxTagName || utf8.RuneCountInString(t.Value) > MaxTagValue:
			return fmt.Sprintf(
				"is too long at %s: S3 takes names of %d characters and values of %d",
				t.Name,
				maxTagName,
				MaxTagValue,
			)
		case !tagText.MatchString(t.Name) || !tagText.MatchString(t.Value):
			return fmt.Sprintf(
				"has a character at %s that S3 does not take: use letters, digits, spaces and + - = . _ : / @",
				t.Name,
			)
		case strings.HasPrefix(t.Name, "aws:"):
			return "has a name that begins with aws:, which is reserved: choose another"
		}
	}
	return ""
}

// metadataName matches what may stand behind x-amz-meta- in a header.
var metadataName = regexp.MustCompile("^[!#$&'*+.^_`|~0-9A-Za-z-]+$")

func setMetadata(c *Config, v string) (problem string) {
	if c.Metadata, problem = parsePairs(v); problem != "" {
		return problem
	}
	size := 0
	for _, m := range c.Metadata {
		size += len(m.Name) + len(m.Value)
		switch {
		case !metadataName.MatchString(m.Name):
			return fmt.Sprintf("has the name %q, which a header cannot have: use letters, digits and hyphens", m.Name)
		case strings.EqualFold(m.Name, ownMetadataKey):
			return "has the name " + ownMetadataKey + ", by which sluice recognises its objects: choose another"
		case strings.ContainsFunc(m.Value, func(r rune) bool { return r < ' ' || r > '~' }):
			return fmt.Sprintf(
				"has a character in the value of %s that a header cannot have: use printable ASCII",
				m.Name,
			)
		}
	}
	if size > MaxMetadata {
		return fmt.Sprintf("has %d bytes: S3 takes at most %d", size, MaxMetadata)
	}
	return ""
}

// setContext accepts a JSON object of texts.
func setContext(c *Config, v string) string {
	var pairs map[string]string
	if err := json.Unmarshal([]byte(v), &pairs); err != nil || len(pairs) == 0 {
		return `is not a JSON object of texts: write {"name":"value"}`
	}
	c.SSEContext = v
	return ""
}
