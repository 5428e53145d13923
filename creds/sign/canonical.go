package sign

import (
	"net/http"
	"strconv"
	"strings"
)

// canonicalRequest is a request in the one form that signer and service both derive from it.
type canonicalRequest struct {
	method, path, query string
	host                string
	length              int64       // of the body; signed if positive
	header              http.Header // what else is signed
	headers             string      // "name:value\n" for each
	signedHeaders       string      // "name;name"
	payload             string
	presigned           bool // the signature's parameters are in the query
}

// String is the canonical request whose hash is signed.
func (c *canonicalRequest) String() string {
	return strings.Join([]string{c.method, c.path, c.query, c.headers, c.signedHeaders, c.payload}, "\n")
}

// canonical derives it from r and the parameters that Presign adds to its query.
func (s *Signer) canonical(r *http.Request, added parameters, payload string) (*canonicalRequest, error) {
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	names := signedNames(r)
	c := &canonicalRequest{
		method:        methodOf(r),
		path:          s.canonicalPath(r.URL.EscapedPath()),
		query:         append(query, added...).canonical(),
		host:          hostOf(r),
		length:        r.ContentLength,
		header:        signedHeader(r),
		signedHeaders: strings.Join(names, ";"),
		payload:       payload,
		presigned:     len(added) > 0,
	}
	for _, name := range names {
		c.headers += name + ":" + c.value(name) + "\n"
	}
	return c, nil
}

// value is what is signed of a header, by its name in small letters.
func (c *canonicalRequest) value(name string) string {
	switch name {
	case "host":
		return c.host
	case "content-length":
		return strconv.FormatInt(c.length, 10)
	}
	return strings.Join(c.header.Values(name), ",")
}

// methodOf is r's method; "" means GET to net/http.
func methodOf(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// hostOf is the host that net/http will send.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}
