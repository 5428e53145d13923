package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// fetch requests the document. Its errors quote neither the token nor anything of a document.
func fetch(s source, deadline time.Time) ([]byte, error) {
	if s.url == "" {
		return nil, errors.New(s.names[0] + " is not set: set it to the sidecar's address, for example " +
			"http://127.0.0.1:1338/_aws/credentials")
	}
	if s.token == "" {
		return nil, errors.New(s.names[1] + " is not set: set it to the service's token")
	}
	if strings.ContainsAny(s.token, "\r\n") {
		return nil, errors.New(s.names[1] + " has a line break: write the token on one line")
	}
	network, address, host, path, err := splitURL(s.url)
	if err != nil {
		return nil, errors.New(s.names[0] + " " + err.Error())
	}
	conn, err := (&net.Dialer{Deadline: deadline}).Dial(network, address)
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	// HTTP/1.0, so that the answer is not chunked and ends with the connection.
	request := "GET " + path + " HTTP/1.0\r\nHost: " + host +
		"\r\nAuthorization: Bearer " + s.token + "\r\nAccept: application/json\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	got, err := readAnswer(conn)
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	if got.status != "200" {
		// The reason helps the user, but is not worth waiting for the connection to end.
		_ = conn.SetReadDeadline(earlier(deadline, time.Now().Add(time.Second)))
		text, _ := io.ReadAll(got.body)
		return nil, errors.New(address + " answers " + got.status + reason(text))
	}
	text, err := got.document()
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	if problem := problemOf(text, time.Now()); problem != "" {
		return nil, errors.New(address + " answers " + problem)
	}
	return append(text, '\n'), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// splitURL splits http://host:port/path, or unix:/path/of/a/socket, which implies the path /_aws/credentials.
func splitURL(url string) (network, address, host, path string, err error) {
	if strings.ContainsAny(url, " \r\n\t") {
		return "", "", "", "", errors.New("contains a space or a line break: remove it")
	}
	if socket, ok := strings.CutPrefix(url, "unix:"); ok {
		return "unix", "/" + strings.TrimLeft(socket, "/"), "localhost", "/_aws/credentials", nil
	}
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok {
		return "", "", "", "", errors.New("does not begin with http:// or unix:/")
	}
	host, path, _ = strings.Cut(rest, "/")
	if host == "" || strings.Contains(host, "@") {
		return "", "", "", "", errors.New("has no host, or contains a user: write http://host:port/path")
	}
	address = host
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	return "tcp", address, host, "/" + path, nil
}

// reason returns the text of a refusal after a colon, if it is a short line. Control characters are left out, since a
// terminal shows it.
func reason(body []byte) string {
	text, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if text == "" || len(text) > 200 || strings.HasPrefix(text, "{") {
		return ""
	}
	return ": " + text
}

// cause returns the innermost reason of an error, without addresses.
func cause(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timed out"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}
