package imds

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

var errNotHTTP = errors.New("the answer is not HTTP as expected")

// SafeError returns an error of net/http, without the method and URL that its callers name better, if its text is known
// to quote nothing of the answer, and another error if not: what net/http says about an answer that is not HTTP quotes
// it, and the answer may be a secret.
func SafeError(err error) error {
	var (
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
	)
	if isTimeout(err) || IsBroken(err) || errors.As(err, &op) || errors.As(err, &dns) || errors.As(err, &cert) ||
		errors.Is(err, context.Canceled) || errors.Is(err, http.ErrSchemeMismatch) {
		return withoutURL(err)
	}
	return errNotHTTP
}

func withoutURL(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

// IsBroken reports whether a connection was refused or ended too early.
func IsBroken(err error) bool {
	for _, broken := range []error{
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}
