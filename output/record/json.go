package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// FromJSON returns a JSON object as the body of a record: whole numbers as Fluent Bit's parser
// makes them, others as doubles. Of several members of one name all are kept, in order.
func FromJSON(text []byte) (body []byte, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	first, err := d.Token()
	if err != nil {
		return nil, wrongJSON(err)
	}
	if first != json.Delim('{') {
		return nil, fmt.Errorf("is no JSON object: write {\"level\": \"info\"}")
	}
	if body, err = appendJSON(nil, d, first, 0); err != nil {
		return nil, wrongJSON(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("has something behind the JSON object: write one object")
	}
	return body, nil
}

// maxJSONDepth bounds how deep objects and arrays may be nested.
const maxJSONDepth = 128

func wrongJSON(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("is not valid JSON: %w", err)
}

// appendJSON appends the value that a token begins.
func appendJSON(dst []byte, d *json.Decoder, t json.Token, depth int) ([]byte, error) {
	if depth > maxJSONDepth {
		return dst, ErrTooDeep
	}
	switch t := t.(type) {
	case json.Delim:
		return appendContainer(dst, d, t == '{', depth)
	case string:
		return AppendStr(dst, t), nil
	case json.Number:
		return appendNumber(dst, t.String())
	case bool:
		if t {
			return append(dst, 0xc3), nil
		}
		return append(dst, 0xc2), nil
	}
	return append(dst, 0xc0), nil
}

// appendContainer appends a map32, or an array32, whose opening token was read.
func appendContainer(dst []byte, d *json.Decoder, isMap bool, depth int) ([]byte, error) {
	lead := byte(0xdd)
	if isMap {
		lead = 0xdf
	}
	at := len(dst)
	dst = append(dst, lead, 0, 0, 0, 0)
	count := uint32(0)
	for ; d.More(); count++ {
		values := 1
		if isMap {
			values = 2
		}
		for range values {
			t, err := d.Token()
			if err != nil {
				return dst, err
			}
			if dst, err = appendJSON(dst, d, t, depth+1); err != nil {
				return dst, err
			}
		}
	}
	binary.BigEndian.PutUint32(dst[at+1:], count)
	_, err := d.Token() // the closing one
	return dst, err
}

func appendNumber(dst []byte, text string) ([]byte, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return binary.BigEndian.AppendUint64(append(dst, 0xd3), uint64(n)), nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return binary.BigEndian.AppendUint64(append(dst, 0xcf), n), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return dst, fmt.Errorf("the number %s: %w", text, err)
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcb), math.Float64bits(f)), nil
}
