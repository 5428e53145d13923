package profile

import (
	"bytes"
	"fmt"
	"strings"
)

// The problems of a ParseError. They are constants because a line may hold a secret, which must not get into an error.
const (
	notText        = "has a NUL byte: expected text in UTF-8"
	noSection      = "expected a profile definition, such as [default], above this line"
	openSection    = "profile definition must end with ']'"
	noEquals       = "expected an '=' sign defining a property: name = value"
	noName         = "property did not have a name: expected name = value"
	noNestedEquals = "expected an '=' sign defining a sub-property: name = value, because the property above it has " +
		"no value"
	noNestedName = "sub-property did not have a name: expected name = value"
	orphan       = "expected a property definition, found continuation: a line that starts with white space " +
		"continues a property, and there is none above it"
)

// blank is the format's white space. Any other is part of a value: some encodings take bytes of UTF-8 for a space.
const blank = " \t"

// ParseError says which line cannot be parsed. It quotes nothing of the line.
type ParseError struct {
	File    string // "config file" or "credentials file"
	Line    int    // from 1
	Problem string // what is wrong, and what was expected
}

// Error names file, line and problem.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%s, line %d: %s", e.File, e.Line, e.Problem)
}

// Parse parses the contents of both files; nil is a file that does not exist. Its errors are *ParseError. It ignores
// sections and properties with names that the format does not allow, as AWS does: they may belong to another tool.
func Parse(config, credentials []byte) (*Files, error) {
	fromConfig, err := parseFile(configFile, config)
	if err != nil {
		return nil, err
	}
	fromCredentials, err := parseFile(credentialsFile, credentials)
	if err != nil {
		return nil, err
	}
	return merge(fromConfig, fromCredentials), nil
}

// parser parses one file, line by line.
type parser struct {
	file     fileKind
	sections sections
	section  map[string]string // the current one; nil above the first definition
	key      string            // of the current property
	value    []string          // its lines; nil before the first property
}

func parseFile(file fileKind, b []byte) (sections, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // a byte order mark, which some editors on Windows write
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return nil, &ParseError{string(file), 1 + bytes.Count(b[:i], []byte("\n")), notText}
	}
	p := parser{file: file, sections: sections{}}
	number := 0
	for line := range strings.SplitSeq(string(b), "\n") {
		number++
		if problem := p.parseLine(strings.TrimSuffix(line, "\r")); problem != "" {
			return nil, &ParseError{string(file), number, problem}
		}
	}
	p.store()
	return p.sections, nil
}

// parseLine returns the line's problem, "" if it has none. A comment may be indented: botocore also accepts that, where
// others would append it to the value above.
func (p *parser) parseLine(line string) (problem string) {
	text := strings.Trim(line, blank)
	switch {
	case text == "" || text[0] == '#' || text[0] == ';':
		return ""
	case line[0] == '[':
		return p.parseDefinition(text)
	case p.section == nil:
		return noSection
	case strings.IndexByte(blank, line[0]) >= 0:
		return p.parseContinuation(text)
	}
	return p.parseProperty(text)
}

// parseDefinition starts a section: [profile name]. The same section may start again; its properties are merged.
func (p *parser) parseDefinition(text string) (problem string) {
	p.store()
	if comment := strings.IndexAny(text, "#;"); comment >= 0 {
		text = strings.TrimRight(text[:comment], blank)
	}
	inside, ok := strings.CutSuffix(text[1:], "]")
	if !ok {
		return openSection
	}
	p.section = p.sections.open(p.file.parseHeader(strings.Trim(inside, blank)))
	return ""
}

func (p *parser) parseProperty(text string) (problem string) {
	p.store()
	key, value, found := cutProperty(text)
	switch {
	case !found:
		return noEquals
	case key == "":
		return noName
	}
	p.key, p.value = key, []string{value}
	return ""
}

// parseContinuation adds a line to the property above it. Below a property without a value it must be a sub-property.
func (p *parser) parseContinuation(text string) (problem string) {
	if p.value == nil {
		return orphan
	}
	if p.value[0] == "" {
		switch key, _, found := cutProperty(text); {
		case !found:
			return noNestedEquals
		case key == "":
			return noNestedName
		}
	}
	p.value = append(p.value, text)
	return ""
}

// store stores the current property. The last one of a name wins.
func (p *parser) store() {
	if p.value != nil && validKey(p.key) {
		p.section[strings.ToLower(p.key)] = strings.Join(p.value, "\n")
	}
	p.value = nil
}

// cutProperty splits "key = value # comment". A comment sign needs white space before it, since keys and passwords may
// contain one.
func cutProperty(text string) (key, value string, found bool) {
	for i := 1; i < len(text); i++ {
		if (text[i] == '#' || text[i] == ';') && strings.IndexByte(blank, text[i-1]) >= 0 {
			text = text[:i]
			break
		}
	}
	key, value, found = strings.Cut(text, "=")
	return strings.Trim(key, blank), strings.Trim(value, blank), found
}
