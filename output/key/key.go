// Package key renders object keys from s3_key_format.
//
//	t, err := key.Parse("/logs/$TAG[1]/%Y/%m/%d/$UUID.gz", key.Options{})
//	name := t.Render(key.Values{Tag: "app.orders", Time: first, UUID: "pX29aL0q"})
//
// The format is parsed once. Text from a tag is inserted as it is: it passes neither
// strftime nor the search for variables. Fields of records are escaped as in Hive's partitions.
package key

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-strftime"

	"sluice/output/record"
)

// MaxLength is the longest key that S3 allows, in bytes.
const MaxLength = 1024

// UUIDLength is the number of characters of $UUID.
const UUIDLength = 8

// maxParts is how many parts of a tag $TAG[n] can name.
const maxParts = 10

// Options of a Template.
type Options struct {
	// TagDelimiters are the characters at which $TAG[n] splits a tag; empty parts are
	// dropped, as by strtok. The default is ".".
	TagDelimiters string
	// Static keeps the key as it is even if the format has neither $UUID nor $INDEX.
	// Without it, "-object" and a UUID are then appended, so that no object overwrites
	// another.
	Static bool
	// Zone is that of time conversions, UTC if it is nil.
	Zone *time.Location
	// Fields, if not nil, gets the record fields of the format.
	Fields *Fields
}

func (o Options) withDefaults() Options {
	if o.TagDelimiters == "" {
		o.TagDelimiters = "."
	}
	if o.Zone == nil {
		o.Zone = gmt
	}
	if o.Fields == nil {
		o.Fields = &Fields{}
	}
	return o
}

// Values fill a Template. They are fixed when a segment is opened, so that its
// key never changes.
type Values struct {
	Tag   string
	Time  time.Time // of the first record
	UUID  string    // UUIDLength characters
	Index uint64
	Source
}

// Template is a parsed key format. It is immutable and safe for concurrent use.
type Template struct {
	pieces []piece
	opts   Options
	unique bool // the format itself has $UUID or $INDEX
}

// HasUUID reports whether keys have a UUID, so that nobody else writes the same key.
func (t *Template) HasUUID() bool {
	return !t.unique && !t.opts.Static || slices.ContainsFunc(t.pieces, func(p piece) bool { return p.kind == uuid })
}

type pieceKind uint8

const (
	literal pieceKind = iota
	conversion
	wholeTag
	tagPart
	index
	uuid
	field
)

// piece is a part of a format: text for literal and conversion, n for tagPart, for field (its
// number) and for index (its least number of digits).
type piece struct {
	kind pieceKind
	text string
	n    int
}

// Parse parses a format. Its error names what is wrong and the remedy.
func Parse(format string, opts Options) (*Template, error) {
	opts = opts.withDefaults()
	if !strings.HasPrefix(format, "/") {
		return nil, fmt.Errorf("must start with %q", "/")
	}
	if len(format) > MaxLength {
		return nil, fmt.Errorf("is %d bytes long; a key has at most %d", len(format), MaxLength)
	}
	// The C plugin makes the URI of "/" + bucket + format: the first slash is a
	// separator and not part of the key.
	t := &Template{opts: opts}
	for rest := format[1:]; rest != ""; {
		p, n, err := next(rest, opts.Fields)
		if err != nil {
			return nil, err
		}
		t.pieces = append(t.pieces, p)
		t.unique = t.unique || p.kind == uuid || p.kind == index
		rest = rest[n:]
	}
	if len(t.pieces) == 0 {
		return nil, fmt.Errorf("names no object: put something behind the %q", "/")
	}
	return t, nil
}

// next parses the first piece of s and returns its length, too.
func next(s string, fields *Fields) (piece, int, error) {
	switch s[0] {
	case '$':
		return variable(s, fields)
	case '%':
		return timeConversion(s)
	}
	n := strings.IndexAny(s, "$%")
	if n < 0 {
		n = len(s)
	}
	return piece{kind: literal, text: s[:n]}, n, nil
}

// variable parses a piece that begins with a dollar sign.
func variable(s string, fields *Fields) (piece, int, error) {
	switch {
	case strings.HasPrefix(s, "$TAG["):
		return parseTagPart(s)
	case strings.HasPrefix(s, "$INDEX["):
		return parsePadded(s)
	}
	for name, kind := range map[string]pieceKind{"$TAG": wholeTag, "$INDEX": index, "$UUID": uuid} {
		if strings.HasPrefix(s, name) {
			return piece{kind: kind}, len(name), nil
		}
	}
	if record.IsAccessor(s) {
		a, n, err := record.ParseAccessor(s)
		if err != nil {
			return piece{}, 0, fmt.Errorf("has a record field that cannot be read: %w", err)
		}
		return piece{kind: field, n: fields.number(a)}, n, nil
	}
	return piece{kind: literal, text: "$"}, 1, nil
}

// parseTagPart parses $TAG[n].
func parseTagPart(s string) (piece, int, error) {
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return piece{}, 0, fmt.Errorf("has %q, which has no closing bracket", s)
	}
	n, err := strconv.Atoi(s[len("$TAG["):end])
	if err != nil || n < 0 || n >= maxParts {
		return piece{}, 0, fmt.Errorf("has %q: parts of a tag are $TAG[0] to $TAG[%d]", s[:end+1], maxParts-1)
	}
	return piece{kind: tagPart, n: n}, end + 1, nil
}

// padded matches $INDEX[%06d].
var padded = regexp.MustCompile(`^\$INDEX\[%0([1-9]|1[0-9]|20)d\]`)

// parsePadded parses $INDEX with a number of digits.
func parsePadded(s string) (piece, int, error) {
	m := padded.FindStringSubmatch(s)
	if m == nil {
		return piece{}, 0, fmt.Errorf("has a number that cannot be read at %q: write $INDEX, or $INDEX[%%06d] for "+
			"6 digits (1 to 20)", s)
	}
	digits, err := strconv.Atoi(m[1])
	return piece{kind: index, n: digits}, len(m[0]), err
}

// conversions are the letters of strftime(3) that are supported. They work as in glibc's C
// locale.
const conversions = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ"

func timeConversion(s string) (piece, int, error) {
	if len(s) > 1 && s[1] == '%' {
		return piece{kind: literal, text: "%"}, 2, nil
	}
	if len(s) > 2 && s[1] == '-' && strings.IndexByte("dHIjmMSyeklUWV", s[2]) >= 0 {
		return piece{kind: conversion, text: s[:3]}, 3, nil
	}
	if len(s) < 2 || strings.IndexByte(conversions, s[1]) < 0 {
		return piece{}, 0, fmt.Errorf("%q is not a known time conversion: write %%%% for a percent sign",
			s[:min(2, len(s))])
	}
	return piece{kind: conversion, text: s[:2]}, 2, nil
}

// UsesIndex reports whether the key has $INDEX, whose values must be persisted.
func (t *Template) UsesIndex() bool {
	for _, p := range t.pieces {
		if p.kind == index {
			return true
		}
	}
	return false
}

// Stream returns the format with the tag's parts filled in: tags with the same stream share
// objects.
func (t *Template) Stream(tag string) string {
	var b strings.Builder
	for _, p := range t.pieces {
		switch p.kind {
		case wholeTag:
			return tag
		case tagPart:
			b.WriteString(t.part(tag, p.n))
			b.WriteByte(0)
		}
	}
	return b.String()
}

// HasFields reports whether records make the key.
func (t *Template) HasFields() bool {
	return slices.ContainsFunc(t.pieces, func(p piece) bool { return p.kind == field })
}

// AppendFields appends what fields make of the key: with the same text, and tag and time, records
// share objects.
func (t *Template) AppendFields(dst []byte, from Source) []byte {
	for _, p := range t.pieces {
		if p.kind == field {
			dst = append(from.appendField(dst, p.n), 0)
		}
	}
	return dst
}

// Render returns the key for v: valid UTF-8 of at most MaxLength bytes.
func (t *Template) Render(v Values) string {
	when := v.Time.In(t.opts.Zone)
	var b []byte
	for _, p := range t.pieces {
		switch p.kind {
		case literal:
			b = append(b, p.text...)
		case conversion:
			b = strftime.AppendFormat(b, p.text, when)
		case wholeTag:
			b = append(b, v.Tag...)
		case tagPart:
			b = append(b, t.part(v.Tag, p.n)...)
		case index:
			b = fmt.Appendf(b, "%0*d", p.n, v.Index)
		case uuid:
			b = append(b, v.UUID...)
		case field:
			b = v.appendField(b, p.n)
		}
	}
	suffix := ""
	if !t.unique && !t.opts.Static {
		suffix = "-object" + v.UUID
	}
	return shorten(strings.ToValidUTF8(string(b), "_"), suffix, v.UUID)
}

// shorten appends suffix. It cuts keys that would become too long; their UUID keeps them
// distinct.
func shorten(key, suffix, uuid string) string {
	if len(key)+len(suffix) <= MaxLength {
		return key + suffix
	}
	if suffix == "" {
		suffix = "-" + uuid
	}
	cut := MaxLength - len(suffix)
	for cut > 0 && !utf8.RuneStart(key[cut]) {
		cut--
	}
	return key[:cut] + suffix
}

// part returns the nth part of tag. If the tag has no such part, it returns what the C plugin
// does: the whole tag and the bracket.
func (t *Template) part(tag string, n int) string {
	parts := strings.FieldsFunc(tag, func(r rune) bool { return strings.ContainsRune(t.opts.TagDelimiters, r) })
	if n < len(parts) {
		return parts[n]
	}
	return fmt.Sprintf("%s[%d]", tag, n)
}
