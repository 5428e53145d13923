package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxDocument bounds how much is read: a session token has 1 to 4 KiB.
const maxDocument = 64 << 10

// answer is an HTTP answer whose head has been read.
type answer struct {
	status      string
	knownLength bool
	body        io.Reader
}

// readAnswer reads the head of an answer.
func readAnswer(conn io.Reader) (got answer, err error) {
	r := bufio.NewReader(io.LimitReader(conn, maxDocument))
	got.body = r
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return answer{}, err
		}
		text = strings.TrimRight(text, "\r\n")
		switch {
		case got.status == "":
			fields := strings.Fields(text)
			if len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/1.") || len(fields[1]) != 3 {
				return answer{}, errors.New("it does not speak HTTP")
			}
			got.status = fields[1]
		case text == "":
			return got, nil
		default:
			if err := got.parseHeader(text, r); err != nil {
				return answer{}, err
			}
		}
	}
}

// parseHeader parses a header if it is about the length of the body.
func (a *answer) parseHeader(text string, r io.Reader) error {
	name, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(name, "Content-Length"):
		length, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return errors.New("its Content-Length is not a valid length")
		}
		a.knownLength, a.body = true, &exactReader{io.LimitReader(r, int64(length)), int64(length)}
	case strings.EqualFold(name, "Transfer-Encoding") && !strings.EqualFold(value, "identity"):
		return errors.New("it answers HTTP/1.0 with a chunked body")
	}
	return nil
}

// exactReader fails if there are fewer bytes than announced.
type exactReader struct {
	from io.Reader
	left int64
}

func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// document reads the body. If the length is unknown, the body ends with its document: the connection may stay open.
func (a answer) document() ([]byte, error) {
	if a.knownLength {
		text, err := io.ReadAll(a.body)
		return bytes.TrimSpace(text), err
	}
	var read bytes.Buffer
	var text json.RawMessage
	err := json.NewDecoder(io.TeeReader(a.body, &read)).Decode(&text)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || err == io.EOF {
		return bytes.TrimSpace(read.Bytes()), nil // problemOf says that it is not a document
	}
	return text, err
}

// problemOf says what is wrong with a document for credential_process, "" if it is valid.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func problemOf(text []byte, now time.Time) string {
	var d struct {
		Version         int
		AccessKeyId     string
		SecretAccessKey string
		Expiration      *time.Time
	}
	err := json.Unmarshal(text, &d)
	var expiration *time.ParseError
	switch {
	case errors.As(err, &expiration):
		return "a document whose Expiration is not a valid RFC 3339 time"
	case err != nil || d.Version == 0:
		return "something other than a document for credential_process: use the path /_aws/credentials"
	case d.Version != 1:
		return "a document whose Version is not 1"
	case d.AccessKeyId == "" || d.SecretAccessKey == "":
		return "a document without AccessKeyId or SecretAccessKey"
	case d.Expiration != nil && !now.Before(*d.Expiration):
		return "credentials that have expired"
	}
	return ""
}
