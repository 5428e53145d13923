package sidecar

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"sluice/creds/sign"
)

const (
	// inMemory is how much of a body is kept in memory to be hashed; more goes to a file.
	inMemory = 1 << 20
	// maxSignedBody bounds a body that is hashed. It is the most that S3 takes in one request.
	maxSignedBody = 5 << 30
	// stallTimeout is how long a client may stand still.
	stallTimeout = time.Minute
)

var (
	denyLarge = newDenial(http.StatusRequestEntityTooLarge, "RequestTooLarge",
		"The body has more than 5 GiB: send it in parts, or set unsigned_payload")
	denyCut  = newDenial(http.StatusBadRequest, "IncompleteBody", "The body ended early")
	denyDisk = newDenial(http.StatusInsufficientStorage, "InsufficientStorage",
		"The sidecar has no room for the body (TMPDIR): it is kept to be hashed")
	denyChunkSigned = newDenial(http.StatusBadRequest, "InvalidRequest",
		"The body's chunks are signed with another key: send it unsigned")
)

// spooledBody is a request's body, as it is sent on.
type spooledBody struct {
	payload string // what is signed of it
	stream  io.ReadCloser
	length  int64 // -1 if it is not known

	memory []byte
	file   *os.File // what did not fit into memory; it has no name any more
}

// spool reads a request's body to hash it, or lets it stream by if it is not signed.
func (s *signer) spool(w *signedAnswer, r *http.Request) (*spooledBody, *denial) {
	sent := r.Header.Get("X-Amz-Content-Sha256")
	body := stallingBody{r.Body, w.control}
	switch {
	case sent == "STREAMING-UNSIGNED-PAYLOAD-TRAILER": // chunks that no key has signed, and a checksum behind them
		return &spooledBody{payload: sent, stream: body, length: r.ContentLength}, nil
	case strings.HasPrefix(sent, "STREAMING-"):
		return nil, denyChunkSigned
	case r.ContentLength == 0:
		return &spooledBody{payload: s.payload(sign.Hash(nil))}, nil
	case s.options.UnsignedPayload:
		return &spooledBody{payload: sign.Unsigned, stream: body, length: r.ContentLength}, nil
	case r.ContentLength > maxSignedBody:
		return nil, denyLarge
	}
	return spoolBody(body, r.ContentLength)
}

// payload is what is signed of a body with this hash.
func (s *signer) payload(hash string) string {
	if s.options.UnsignedPayload {
		return sign.Unsigned
	}
	return hash
}

// spoolBody reads a body to its end. length is -1 if it is not known.
func spoolBody(from io.Reader, length int64) (b *spooledBody, denied *denial) {
	b = &spooledBody{}
	defer func() {
		if denied != nil {
			b.Close()
			b = nil
		}
	}()
	hash := sha256.New()
	first := bytes.NewBuffer(make([]byte, 0, min(max(length, 0), inMemory)+bytes.MinRead))
	n, err := first.ReadFrom(io.LimitReader(from, inMemory))
	if err != nil {
		return b, denyCut
	}
	b.memory, b.length = first.Bytes(), n
	hash.Write(b.memory) // never fails
	if n == inMemory {
		if denied := b.spill(from, hash); denied != nil {
			return b, denied
		}
	}
	b.payload = hex.EncodeToString(hash.Sum(nil))
	return b, nil
}

// spill reads the rest of a body into a file.
func (b *spooledBody) spill(from io.Reader, hash io.Writer) *denial {
	file, err := os.CreateTemp("", "sluice-sign-")
	if err != nil {
		return denyDisk
	}
	b.file = file
	if err := os.Remove(file.Name()); err != nil { // it goes when it is closed, whatever happens
		return denyDisk
	}
	to := &diskWriter{file: file}
	n, err := io.Copy(io.MultiWriter(to, hash), io.LimitReader(from, maxSignedBody-b.length+1))
	b.length += n
	switch {
	case to.err != nil:
		return denyDisk
	case err != nil:
		return denyCut
	case b.length > maxSignedBody:
		return denyLarge
	}
	return nil
}

// diskWriter remembers that it was the disk that failed.
type diskWriter struct {
	file *os.File
	err  error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.err = errors.Join(d.err, err)
	return n, err
}

// repeats reports whether the body can be sent again.
func (b *spooledBody) repeats() bool { return b.stream == nil }

// setOn sets the body of a request, from its beginning.
func (b *spooledBody) setOn(r *http.Request) error {
	if b.stream != nil {
		r.Body, r.ContentLength = b.stream, b.length
		return nil
	}
	r.Body, r.ContentLength = http.NoBody, b.length
	r.TransferEncoding = nil
	r.Header.Del("Expect") // the body is here
	if b.length == 0 {
		return nil
	}
	var body io.Reader = bytes.NewReader(b.memory)
	if b.file != nil {
		rest := io.NewSectionReader(b.file, 0, b.length-int64(len(b.memory)))
		body = io.MultiReader(body, rest)
	}
	r.Body = io.NopCloser(body)
	return nil
}

// Close frees the file.
func (b *spooledBody) Close() {
	if b.file != nil {
		b.file.Close()
	}
}

// stallingBody fails when the client stands still.
type stallingBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b stallingBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(stallTimeout)) // not every connection can have one
	n, err := b.ReadCloser.Read(p)
	if err != nil { // net/http reads on to see whether the client has gone, and takes a deadline that passes for that
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
