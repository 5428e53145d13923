package key

import (
	"fmt"
	"slices"
	"strings"

	"sluice/output/record"
)

// Text is a text with tag parts and record fields in it: $TAG, $TAG[n], $name['member']. All else
// stands for itself. It is immutable and safe for concurrent use.
type Text struct{ template Template }

// ParseText parses a text. Its error names what is wrong and the remedy.
func ParseText(text string, o Options) (Text, error) {
	t := Text{Template{opts: o.withDefaults()}}
	for rest := text; rest != ""; {
		n := strings.IndexByte(rest, '$')
		switch {
		case n < 0:
			n = len(rest)
		case n == 0 && (strings.HasPrefix(rest, "$TAG") || record.IsAccessor(rest)):
			p, length, err := variable(rest, t.template.opts.Fields)
			if err != nil {
				return Text{}, err
			}
			if p.kind == uuid || p.kind == index {
				return Text{}, fmt.Errorf("has %s, which only s3_key_format may have: remove it", rest[:length])
			}
			t.template.pieces = append(t.template.pieces, p)
			rest = rest[length:]
			continue
		case n == 0:
			n = 1
		}
		t.template.pieces = append(t.template.pieces, piece{kind: literal, text: rest[:n]})
		rest = rest[n:]
	}
	return t, nil
}

// IsFixed reports whether the text is the same for all records.
func (t Text) IsFixed() bool {
	return !slices.ContainsFunc(t.template.pieces, func(p piece) bool { return p.kind != literal })
}

// HasFields is Template.HasFields.
func (t Text) HasFields() bool { return t.template.HasFields() }

// Stream is Template.Stream.
func (t Text) Stream(tag string) string { return t.template.Stream(tag) }

// AppendFields is Template.AppendFields.
func (t Text) AppendFields(dst []byte, from Source) []byte {
	for _, p := range t.template.pieces {
		if p.kind == field {
			dst = append(from.appendPlain(dst, p.n), 0)
		}
	}
	return dst
}

// Render returns the text for a tag and a record: valid UTF-8.
func (t Text) Render(tag string, from Source) string {
	var b []byte
	for _, p := range t.template.pieces {
		switch p.kind {
		case wholeTag:
			b = append(b, tag...)
		case tagPart:
			b = append(b, t.template.part(tag, p.n)...)
		case field:
			b = from.appendPlain(b, p.n)
		default:
			b = append(b, p.text...)
		}
	}
	return strings.ToValidUTF8(string(b), "_")
}
