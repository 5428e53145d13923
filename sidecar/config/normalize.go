package config

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// normalize checks what a schema cannot express, and replaces older spellings.
func (c *Config) normalize(f *file) (mistakes Mistakes) {
	mistakes = append(c.normalizeServices(f), c.normalizeListeners(f)...)
	c.Dynamic.check(func(path ...string) {
		m := f.mistake(append([]string{"dynamic_services"}, path...), "is not a valid pattern",
			"write a regular expression in RE2 syntax, which has no lookaround, or a shell pattern in file_pattern")
		m.Value = f.quote(m.Path)
		mistakes = append(mistakes, m)
	})
	c.Dynamic.normalize()
	return mistakes
}

// addMistake reports what is wrong with one setting of a service.
type addMistake func(problem, remedy string, path ...string)

// normalizeServices checks each service, and completes its source by the
// defaults.
func (c *Config) normalizeServices(f *file) (mistakes Mistakes) {
	owners := map[[sha256.Size]byte]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		wrong := func(problem, remedy string, path ...string) {
			m := f.mistake(append([]string{"services", name}, path...), problem, remedy)
			if path[0] != "auth_token" {
				m.Value = f.quote(m.Path)
			}
			mistakes = append(mistakes, m)
		}
		c.warnOfService(name, s)
		s.checkTokens(wrong)
		s.hashTokens()
		for _, hash := range s.TokenHashes {
			if other, taken := owners[hash]; taken && other != name {
				wrong("is also the token of service "+other, "give each service a token of its own", "auth_token")
			}
			owners[hash] = name
		}
		s.parseEnd(wrong)
		s.Source = s.Source.or(c.Defaults)
		if s.Role != nil {
			s.checkRole(wrong)
		}
		c.Services[name] = s
	}
	return mistakes
}

// parseEnd parses the time when a service ends.
func (s *Service) parseEnd(wrong addMistake) {
	if s.Expires == "" {
		return
	}
	end, err := time.Parse(time.RFC3339, s.Expires)
	if err != nil {
		wrong("is not a valid time", "write an RFC 3339 time such as 2027-01-31T00:00:00Z", "expires")
	}
	s.End = end
}

// checkTokens refuses what cannot be meant as a token, or cannot be sent as one.
func (s *Service) checkTokens(wrong addMistake) {
	for _, token := range s.AuthToken {
		switch text := string(token); {
		case strings.ContainsFunc(text, unicode.IsControl):
			wrong("contains a line break or another control character",
				"write one line of printable characters", "auth_token")
		case reference.MatchString(text):
			wrong("contains ${…} that is not a reference", "write ${fromEnv:NAME} or ${fromFile:PATH}", "auth_token")
		}
	}
}

// checkRole checks a role against its region and its policy.
func (s *Service) checkRole(wrong addMistake) {
	home, known := partitionOfRole(s.Role.RoleARN)
	switch region := s.Source.Region; {
	case !known:
		wrong("names no AWS partition", "write arn:aws:iam::…, arn:aws-cn:iam::… and so on", "assumed_role", "RoleArn")
	case region == "" && home.name != "aws":
		s.Source.Region = home.region
	case region != "" && partitionOfRegion(region) != home:
		wrong(fmt.Sprintf("is in partition %s, but region %s is not", home.name, region),
			"set source_credentials.region to a region of the role's partition", "assumed_role", "RoleArn")
	}
	if p := s.Role.Policy; p != "" && !json.Valid([]byte(p)) {
		wrong("is not valid JSON", "write a policy document", "assumed_role", "Policy")
	}
	for i, key := range s.Role.TransitiveTags {
		if !slices.ContainsFunc(s.Role.Tags, func(t Tag) bool { return t.Key == key }) {
			wrong("is not the Key of any of the Tags", "add the tag, or leave the key out",
				"assumed_role", "TransitiveTagKeys", strconv.Itoa(i))
		}
	}
}
