package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Accessor names a place in a record in Fluent Bit's syntax (v5.1.1,
// src/record_accessor/ra.l and ra.y): $level, $kubernetes['labels']['app'], $a['b'][0].
type Accessor struct {
	text  string
	steps []step
}

// step leads to a member by its name, or to an element of an array if index is not negative.
type step struct {
	name  string
	index int
}

// maxSteps bounds how deep an Accessor, and so a Lookup's recursion, can go.
const maxSteps = 32

// String returns the text that was parsed.
func (a Accessor) String() string { return a.text }

// IsAccessor reports whether text begins like an accessor: with $ and a letter or underscore.
func IsAccessor(text string) bool { return len(text) > 1 && text[0] == '$' && startsName(text[1]) }

// ParseAccessor parses the accessor that text begins with, and returns its length, too. What
// follows is the caller's: a name ends at the first character that is no letter, digit or
// underscore. A hyphen belongs to it if a letter, a digit or an underscore follows, so that
// $app-name is what it is in Fluent Bit, and $level-$UUID ends before the hyphen. A slash
// ends it: Fluent Bit takes one as a part of the name, but it separates folders in a key.
func ParseAccessor(text string) (Accessor, int, error) {
	if !IsAccessor(text) {
		return Accessor{}, 0, fmt.Errorf("write a record field as $name or $name['member'], not %q", text)
	}
	n := nameLength(text)
	steps := []step{{name: text[1:n], index: -1}}
	for n < len(text) && text[n] == '[' {
		s, size, err := parseStep(text[n:])
		if err != nil {
			return Accessor{}, 0, fmt.Errorf("%w, at byte %d of %q", err, n, text)
		}
		if steps = append(steps, s); len(steps) > maxSteps {
			return Accessor{}, 0, fmt.Errorf("use at most %d levels in a record field, not %q", maxSteps, text)
		}
		n += size
	}
	return Accessor{text: text[:n], steps: steps}, n, nil
}

// nameLength returns the length of the dollar sign and the name that text begins with.
func nameLength(text string) int {
	n := 2
	for n < len(text) && (continuesName(text[n]) ||
		text[n] == '-' && n+1 < len(text) && continuesName(text[n+1])) {
		n++
	}
	return n
}

func startsName(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func continuesName(c byte) bool { return startsName(c) || '0' <= c && c <= '9' }

// parseStep parses ['name'] or [n], and returns its length, too.
func parseStep(s string) (step, int, error) {
	if strings.HasPrefix(s, "['") {
		return parseMember(s)
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return step{}, 0, fmt.Errorf("close the bracket with ]")
	}
	digits := s[1:end]
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case err != nil && digits != "" && strings.Trim(digits, "0123456789") != "":
		return step{}, 0, fmt.Errorf("quote the member's name: write ['%s']", strings.Trim(digits, `"'`))
	case digits == "":
		return step{}, 0, fmt.Errorf("name a member as ['name'] or an element as [0]")
	case err != nil || n >= math.MaxInt32:
		return step{}, 0, fmt.Errorf("use an element's number below %d", math.MaxInt32)
	case digits[0] == '0' && len(digits) > 1:
		return step{}, 0, fmt.Errorf("write the element's number without leading zeros: [%d]", n)
	}
	return step{index: int(n)}, end + 1, nil
}

// parseMember parses ['name'], in which two quotes stand for one.
func parseMember(s string) (step, int, error) {
	var name strings.Builder
	for i := len("['"); i < len(s); i++ {
		if s[i] != '\'' {
			name.WriteByte(s[i])
			continue
		}
		if strings.HasPrefix(s[i:], "''") {
			name.WriteByte('\'')
			i++
			continue
		}
		if !strings.HasPrefix(s[i:], "']") {
			return step{}, 0, fmt.Errorf("close the bracket with ] behind the quote, and write a quote in a name twice")
		}
		return step{name: name.String(), index: -1}, i + len("']"), nil
	}
	return step{}, 0, fmt.Errorf("close the member's name with ']")
}
