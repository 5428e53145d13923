package differential

import (
	"bytes"
	"strconv"
)

// A Difference is something that we write differently from the C output on purpose.
type Difference struct {
	Name    string
	Reason  string
	Applies Feature // to records with this
	// Normalize makes the C output's line, and ours, alike. nil: translate does it.
	Normalize func(c, ours []byte) ([]byte, []byte)
}

// Differences are all of them. What is not listed here has to be equal byte by byte.
var Differences = []Difference{
	{
		Name:    "NaN and infinities are null",
		Reason:  "the C output writes a bare nan, -nan, inf or -inf, which is not JSON (flb_pack.c, msgpack2json)",
		Applies: NonFinite,
	}, {
		Name: "extension bytes are escaped text",
		Reason: `the C output writes \x01, and \xffffff80 for a negative char, which is not JSON ` +
			`(flb_pack.c, msgpack2json); we write \\x01, \\x80`,
		Applies: Ext,
	}, {
		Name: "map keys are strings",
		Reason: "the C output writes a key that is a number, null, a boolean, an array or a map as it is, which " +
			"is not JSON; we quote its JSON text",
		Applies: OddKey,
	}, {
		Name: "DEL is raw",
		Reason: "the C output writes 0x7f raw where its 16-byte block has nothing to escape, and as \\u007f " +
			"elsewhere " +
			"(flb_utils.c, flb_utils_write_str_escaped); the same text should be the same bytes",
		Applies:   Delete,
		Normalize: rawDelete,
	}, {
		Name: "a cut UTF-8 sequence is kept",
		Reason: "the C output drops the lead byte of a sequence that ends behind the string; we keep it as it " +
			"keeps all other " +
			"invalid bytes, as U+E000 plus the byte",
		Applies:   Truncated,
		Normalize: dropLeadBytes,
	}, {
		Name:      "numbers are exact",
		Reason:    "the C output writes 16 digits (flb_pack.c, msgpack2json): another number for one double in six",
		Applies:   Inexact,
		Normalize: roundNumbers,
	},
}

// roundNumbers writes the fractions of both lines with 16 digits, also those that stand in strings.
func roundNumbers(c, ours []byte) ([]byte, []byte) { return rounded(c), rounded(ours) }

// rounded is not a regular expression, which takes minutes with the race detector.
func rounded(line []byte) (out []byte) {
	for len(line) > 0 {
		n := 0
		for n < len(line) && bytes.IndexByte([]byte("0123456789+-.e"), line[n]) >= 0 {
			n++
		}
		number := line[:n]
		if f, err := strconv.ParseFloat(string(number), 64); err == nil && bytes.ContainsAny(number, ".e") {
			out = strconv.AppendFloat(out, f, 'g', 16, 64)
		} else {
			out = append(out, number...)
		}
		if n < len(line) {
			out = append(out, line[n])
			n++
		}
		line = line[n:]
	}
	return out
}

// rawDelete writes DEL raw in our line too: an overlong sequence, c1 bf, is \u007f in both.
func rawDelete(c, ours []byte) ([]byte, []byte) {
	raw, err := translate(ours, Delete, false)
	if err != nil {
		return c, ours // no JSON: they will differ
	}
	return c, raw
}

// dropLeadBytes removes U+E0C0 to U+E0FF, the kept lead bytes, from both lines.
func dropLeadBytes(c, ours []byte) ([]byte, []byte) {
	drop := func(line []byte) []byte {
		return bytes.Map(func(r rune) rune {
			if r >= 0xe0c0 && r <= 0xe0ff {
				return -1
			}
			return r
		}, line)
	}
	return drop(c), drop(ours)
}

// normalize makes two lines of a record with these features comparable.
func normalize(features Feature, escape bool, c, ours []byte) ([]byte, []byte, error) {
	if features == 0 {
		return c, ours, nil
	}
	translated, err := translate(c, features, escape)
	if err != nil {
		return nil, nil, err
	}
	c = translated
	for _, d := range Differences {
		if features&d.Applies != 0 && d.Normalize != nil {
			c, ours = d.Normalize(c, ours)
		}
	}
	return c, ours, nil
}
