package key

import (
	"fmt"
	"strings"
)

// Text is a text with tag parts in it: $TAG and $TAG[n]. All else stands for itself. It is
// immutable and safe for concurrent use.
type Text struct{ template Template }

// ParseText parses a text. Its error names what is wrong and the remedy.
func ParseText(text string, o Options) (Text, error) {
	if o.TagDelimiters == "" {
		o.TagDelimiters = "."
	}
	t := Text{Template{opts: o}}
	for rest := text; rest != ""; {
		n := strings.Index(rest, "$TAG")
		switch {
		case n < 0:
			n = len(rest)
			fallthrough
		case n > 0:
			t.template.pieces = append(t.template.pieces, piece{kind: literal, text: rest[:n]})
		default:
			p, length, err := variable(rest)
			if err != nil {
				return Text{}, fmt.Errorf("has %w", err)
			}
			t.template.pieces = append(t.template.pieces, p)
			n = length
		}
		rest = rest[n:]
	}
	return t, nil
}

// Stream is Template.Stream.
func (t Text) Stream(tag string) string { return t.template.Stream(tag) }

// Render returns the text for a tag.
func (t Text) Render(tag string) string {
	var b strings.Builder
	for _, p := range t.template.pieces {
		switch p.kind {
		case wholeTag:
			b.WriteString(tag)
		case tagPart:
			b.WriteString(t.template.part(tag, p.n))
		default:
			b.WriteString(p.text)
		}
	}
	return strings.ToValidUTF8(b.String(), "_")
}
