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

// maxDocument bounds what is read: a session token has 1 to 4 KiB.
const maxDocument = 64 << 10

// answer is an HTTP answer whose head was read.
type answer struct {
	status string
	whole  bool // the body's length is known
	body   io.Reader
}

// read reads an answer's head.
func read(conn io.Reader) (got answer, err error) {
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
			if err := got.header(text, r); err != nil {
				return answer{}, err
			}
		}
	}
}

// header notes a header that says how long the body is.
func (a *answer) header(text string, r io.Reader) error {
	name, value, _ := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(name, "Content-Length"):
		length, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return errors.New("its Content-Length is not a length")
		}
		a.whole, a.body = true, &exactly{io.LimitReader(r, int64(length)), int64(length)}
	case strings.EqualFold(name, "Transfer-Encoding") && !strings.EqualFold(value, "identity"):
		return errors.New("it answers HTTP/1.0 in chunks")
	}
	return nil
}

// exactly reads so many bytes; fewer are an error.
type exactly struct {
	from io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// document reads the body. Without a length it ends with its document: the connection may stay open.
func (a answer) document() ([]byte, error) {
	if a.whole {
		text, err := io.ReadAll(a.body)
		return bytes.TrimSpace(text), err
	}
	var read bytes.Buffer
	var text json.RawMessage
	err := json.NewDecoder(io.TeeReader(a.body, &read)).Decode(&text)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || err == io.EOF {
		return bytes.TrimSpace(read.Bytes()), nil // which is not a document, as will be said
	}
	return text, err
}

// wrong says what a document is that is not valid credentials for a credential_process, "" if it is.
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func wrong(text []byte, now time.Time) string {
	var d struct {
		Version                      int
		AccessKeyId, SecretAccessKey string
		Expiration                   *time.Time
	}
	err := json.Unmarshal(text, &d)
	var expiration *time.ParseError
	switch {
	case errors.As(err, &expiration):
		return "a document whose Expiration is not a time of RFC 3339"
	case err != nil || d.Version == 0:
		return "something else than a document for credential_process: use the path /_aws/credentials"
	case d.Version != 1:
		return "a document of another version than 1"
	case d.AccessKeyId == "" || d.SecretAccessKey == "":
		return "a document without AccessKeyId or SecretAccessKey"
	case d.Expiration != nil && !now.Before(*d.Expiration):
		return "credentials that have ended"
	}
	return ""
}
