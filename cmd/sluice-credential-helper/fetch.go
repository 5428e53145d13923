package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// maxDocument bounds what is read: a session token has 1 to 4 KiB.
const maxDocument = 64 << 10

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
	status, body, err := read(conn)
	if err != nil {
		return nil, errors.New("no answer from " + address + ": " + cause(err))
	}
	if status != "200" {
		return nil, errors.New(address + " answers " + status + line(body))
	}
	if document := strings.TrimSpace(string(body)); !strings.HasPrefix(document, "{") || !strings.HasSuffix(document, "}") || !strings.Contains(document, `"Version"`) {
		return nil, errors.New(address + " answers something else than a document for credential_process: use the path /_aws/credentials")
	}
	return body, nil
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

// read reads an answer's status and body.
func read(conn io.Reader) (status string, body []byte, err error) {
	r := bufio.NewReader(io.LimitReader(conn, maxDocument))
	for first := true; ; first = false {
		text, err := r.ReadString('\n')
		if err != nil {
			return "", nil, err
		}
		text = strings.TrimRight(text, "\r\n")
		if first {
			fields := strings.Fields(text)
			if len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/1.") || len(fields[1]) != 3 {
				return "", nil, errors.New("it does not speak HTTP")
			}
			status = fields[1]
		}
		if text == "" {
			break
		}
	}
	body, err = io.ReadAll(r)
	return status, body, err
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
