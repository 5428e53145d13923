package differential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// dialect rewrites a line of the C output, which is not always JSON, into what we write for the same
// record. It knows exactly the differences that apply to the line, and fails at any other.
type dialect struct {
	in     []byte
	apply  Feature
	escape bool // non-ASCII text is written as \uXXXX
	out    bytes.Buffer
}

var errDialect = errors.New("not JSON, and no listed difference explains it")

// translate rewrites one line.
func translate(line []byte, apply Feature, escape bool) ([]byte, error) {
	d := dialect{in: line, apply: apply, escape: escape}
	if err := d.value(); err != nil {
		return nil, err
	}
	if len(d.in) > 0 {
		return nil, d.fail()
	}
	return d.out.Bytes(), nil
}

func (d *dialect) fail() error { return fmt.Errorf("%w, at %.40q", errDialect, d.in) }

func (d *dialect) value() error {
	if len(d.in) == 0 {
		return d.fail()
	}
	switch d.in[0] {
	case '{':
		return d.list('}', d.pair)
	case '[':
		return d.list(']', d.value)
	case '"':
		return d.text()
	}
	return d.token()
}

// list copies what stands between two brackets.
func (d *dialect) list(end byte, item func() error) error {
	d.copy(1)
	for first := true; ; first = false {
		if d.accept(end) {
			return nil
		}
		if !first && !d.accept(',') {
			return d.fail()
		}
		if err := item(); err != nil {
			return err
		}
	}
}

func (d *dialect) pair() error {
	if err := d.key(); err != nil {
		return err
	}
	if !d.accept(':') {
		return d.fail()
	}
	return d.value()
}

// key puts what is not a string into one: its JSON text.
func (d *dialect) key() error {
	if len(d.in) > 0 && d.in[0] == '"' {
		return d.text()
	}
	if d.apply&OddKey == 0 {
		return d.fail()
	}
	inner := dialect{in: d.in, apply: d.apply, escape: d.escape}
	if err := inner.value(); err != nil {
		return err
	}
	d.in = inner.in
	d.quote(inner.out.String())
	return nil
}

// quote makes a JSON string of a text that is JSON already: in it, quotes and backslashes need care, and
// the private characters that stand for invalid bytes.
func (d *dialect) quote(text string) {
	d.out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			d.out.WriteString(`\` + string(r))
		case r > 0x7f && d.escape:
			fmt.Fprintf(&d.out, `\u%04x`, r) // they are below U+10000
		default:
			d.out.WriteRune(r)
		}
	}
	d.out.WriteByte('"')
}

// token copies a number or a name; NaN and the infinities become null.
func (d *dialect) token() error {
	n := bytes.IndexAny(d.in, ",:]}")
	if n < 0 {
		n = len(d.in)
	}
	token := string(d.in[:n])
	switch {
	case json.Valid([]byte(token)):
		d.copy(n)
		return nil
	case d.apply&NonFinite != 0 && strings.Contains(" nan -nan inf -inf ", " "+token+" "):
		d.out.WriteString("null")
		d.in = d.in[n:]
		return nil
	}
	return d.fail()
}

// text copies a string up to its closing quote.
func (d *dialect) text() error {
	d.copy(1)
	for len(d.in) > 0 {
		switch {
		case d.accept('"'):
			return nil
		case d.in[0] != '\\':
			d.copy(1)
		case len(d.in) < 2:
			return d.fail()
		case d.in[1] == 'x':
			if err := d.extByte(); err != nil {
				return err
			}
		case d.apply&Delete != 0 && bytes.HasPrefix(d.in, []byte(`\u007f`)):
			d.out.WriteByte(0x7f)
			d.in = d.in[6:]
		default:
			d.copy(2)
		}
	}
	return d.fail()
}

// extByte rewrites \x01 and the sign-extended \xffffff80 of an extension's bytes.
func (d *dialect) extByte() error {
	n := 4
	if bytes.HasPrefix(d.in, []byte(`\xffffff`)) && len(d.in) >= 10 && isHex(d.in[8:10]) {
		n = 10
	}
	if d.apply&Ext == 0 || len(d.in) < n {
		return d.fail()
	}
	if _, err := strconv.ParseUint(string(d.in[n-2:n]), 16, 8); err != nil {
		return d.fail()
	}
	d.out.WriteString(`\\x`)
	d.out.Write(d.in[n-2 : n])
	d.in = d.in[n:]
	return nil
}

func isHex(b []byte) bool {
	_, err := strconv.ParseUint(string(b), 16, 64)
	return err == nil
}

func (d *dialect) accept(b byte) bool {
	if len(d.in) == 0 || d.in[0] != b {
		return false
	}
	d.copy(1)
	return true
}

func (d *dialect) copy(n int) {
	d.out.Write(d.in[:n])
	d.in = d.in[n:]
}
