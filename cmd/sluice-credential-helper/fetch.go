package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// fetch asks for the document. Errors quote no token and nothing of a document.
func fetch(s source, deadline time.Time) ([]byte, error) {
	if s.url == "" {
		return nil, errors.New(s.names[0] + " is not set: write the sidecar's address, for example http://127.0.0.1:1338/_aws/credentials")
	}
	if s.token == "" {
		return nil, errors.New(s.names[1] + " is not set: write the service's token")
	}
	if strings.ContainsAny(s.token, "\r\n") {
		return nil, errors.New(s.names[1] + " has a line break: a token is one line")
	}
	network, address, host, path, err := split(s.url)
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
	// HTTP/1.0: an answer that is not chunked and ends with its connection.
	request := "GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\nAuthorization: Bearer " + s.token + "\r\nAccept: application/json\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	got, err := read(conn)
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	if got.status != "200" {
		// Its reason is good to know, but not worth a wait for the connection's end.
		_ = conn.SetReadDeadline(earlier(deadline, time.Now().Add(time.Second)))
		text, _ := io.ReadAll(got.body)
		return nil, errors.New(address + " answers " + got.status + line(text))
	}
	text, err := got.document()
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	if problem := wrong(text, time.Now()); problem != "" {
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

// split takes a URL apart: http://host:port/path, or unix:/path/of/a/socket, which
// is asked for /_aws/credentials.
func split(url string) (network, address, host, path string, err error) {
	if strings.ContainsAny(url, " \r\n\t") {
		return "", "", "", "", errors.New("has a space or a line break in it")
	}
	if socket, is := strings.CutPrefix(url, "unix:"); is {
		return "unix", "/" + strings.TrimLeft(socket, "/"), "localhost", "/_aws/credentials", nil
	}
	rest, is := strings.CutPrefix(url, "http://")
	if !is {
		return "", "", "", "", errors.New("does not begin with http:// or unix:/")
	}
	host, path, _ = strings.Cut(rest, "/")
	if host == "" || strings.Contains(host, "@") {
		return "", "", "", "", errors.New("has no host, or a user")
	}
	address = host
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	return "tcp", address, host, "/" + path, nil
}

// line returns a refusal's text if it is a short line, with a colon before it. It
// is shown on the terminal, so control characters are left out.
func line(body []byte) string {
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

// cause is the last reason of an error, without addresses.
func cause(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "it took too long"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed"
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}
