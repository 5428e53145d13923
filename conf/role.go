package conf

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// roleProperties are about the session of role_arn. The built-in output has none of them.
func roleProperties() []Property {
	return []Property{
		custom("role_session_name", "",
			"Name of role_arn's session, which CloudTrail shows. Default: AWS_ROLE_SESSION_NAME, or sluice- and the "+
				"host's name.",
			setSessionName),
		custom("role_duration", "",
			"How long a session of role_arn lasts: 15m to 12h; default: 1h. STS allows what the role does, and 1h at "+
				"most if the credentials that assume it are a role's.",
			setRoleDuration),
		custom("role_tags", "",
			"Session tags for role_arn: name=value&name2=value2; at most 50. The role must trust sts:TagSession.",
			setRoleTags),
	}
}

// Limits of STS (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
const (
	minRoleDuration = 15 * time.Minute
	maxRoleDuration = 12 * time.Hour
	maxRoleTags     = 50
)

var (
	roleSessionName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)
	roleTagText     = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)
)

func setSessionName(c *Config, v string) string {
	if !roleSessionName.MatchString(v) {
		return "is not valid: write 2 to 64 letters, digits and _ + = , . @ -"
	}
	c.RoleSessionName = v
	return ""
}

func setRoleDuration(c *Config, v string) string {
	d, ok := parseTime(v)
	if !ok || d < minRoleDuration || d > maxRoleDuration {
		return "is not valid: write a time from 15m to 12h"
	}
	c.RoleDuration = d
	return ""
}

func setRoleTags(c *Config, v string) (problem string) {
	if c.RoleTags, problem = parsePairs(v); problem != "" {
		return problem
	}
	if len(c.RoleTags) > maxRoleTags {
		return fmt.Sprintf("has %d tags: STS takes at most %d", len(c.RoleTags), maxRoleTags)
	}
	seen := map[string]bool{}
	for _, t := range c.RoleTags {
		if problem := checkRoleTag(t); problem != "" {
			return problem
		}
		folded := strings.ToLower(t.Name)
		if seen[folded] {
			return fmt.Sprintf("has %s twice, since STS does not tell capitals from small letters: remove one", t.Name)
		}
		seen[folded] = true
	}
	return ""
}

// checkRoleTag returns what is wrong with a session tag.
func checkRoleTag(t Pair) string {
	switch {
	case utf8.RuneCountInString(t.Name) > maxTagName || utf8.RuneCountInString(t.Value) > MaxTagValue:
		return fmt.Sprintf("is too long at %s: STS takes names of %d characters and values of %d", t.Name, maxTagName,
			MaxTagValue)
	case !roleTagText.MatchString(t.Name) || !roleTagText.MatchString(t.Value):
		return fmt.Sprintf("has a character at %s that STS does not take: use letters, digits, spaces and "+
			"+ - = . _ : / @", t.Name)
	case strings.HasPrefix(strings.ToLower(t.Name), "aws:"):
		return "has a name that begins with aws:, which is reserved: choose another"
	}
	return ""
}

// checkRole refuses what has no effect without role_arn.
func (c *Config) checkRole(report reporter) {
	if c.RoleARN != "" {
		return
	}
	duration := ""
	if c.RoleDuration != 0 {
		duration = c.RoleDuration.String()
	}
	for _, each := range []struct{ property, value string }{
		{"external_id", c.ExternalID},
		{"role_session_name", c.RoleSessionName},
		{"role_duration", duration},
		{"role_tags", formatPairs(c.RoleTags)},
	} {
		if each.value != "" {
			report(each.property, "%q needs role_arn: set both or neither", each.value)
		}
	}
}
