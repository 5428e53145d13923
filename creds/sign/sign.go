// Package sign signs HTTP requests by AWS's Signature Version 4, with a secret key (SigV4) or with an ECDSA key that is
// derived from it (SigV4A), which holds in several regions.
//
//	options := sign.For("es", "eu-central-1")
//	signer, err := sign.New(options)
//	…
//	err = signer.Sign(request, credentials, sign.Hash(body), time.Now())
//
// What is signed is what will be sent: the request must not be changed afterwards. Sign and Presign change it only by
// what they add, so that a proxy passes path and query on as they came; the one exception is a plus sign in a query.
//
// Source: "Create a signed AWS API request" in the IAM user guide.
package sign

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/creds"
)

// Algorithm is what makes a signature, by the name that stands in the request.
type Algorithm string

const (
	V4  Algorithm = "AWS4-HMAC-SHA256"
	V4A Algorithm = "AWS4-ECDSA-P256-SHA256"
)

// Options say what a service expects of a signature.
type Options struct {
	Algorithm Algorithm // default V4
	Service   string    // its signing name: s3, es, aps, execute-api
	Region    string    // for V4A a region set, such as "us-east-1,eu-*", or "*" for all
	// KeepPath signs a path with its empty and dot segments. S3 wants it so, since they are part of an object's key.
	KeepPath bool
	// EncodeOnce signs a path in its canonical encoding. S3 wants it so; others want the path encoded once more.
	EncodeOnce bool
	// ContentSHA256 sends the payload's hash in X-Amz-Content-Sha256, too. S3 wants it so.
	ContentSHA256 bool
	// OmitToken adds the session token after signing, as a few services want it.
	OmitToken bool
}

// For returns the options for a service, by its signing name.
func For(service, region string) Options {
	options := Options{Service: service, Region: region}
	switch service {
	case "s3", "s3express", "s3-outposts", "s3-object-lambda":
		options.KeepPath, options.EncodeOnce, options.ContentSHA256 = true, true, true
	}
	return options
}

// Signer signs requests to one service. It is safe for concurrent use.
type Signer struct {
	options Options
	keys    keyCache
}

// New checks the options.
func New(options Options) (*Signer, error) {
	if options.Algorithm == "" {
		options.Algorithm = V4
	}
	switch {
	case options.Algorithm != V4 && options.Algorithm != V4A:
		return nil, fmt.Errorf("algorithm %q is unknown: use %s or %s", options.Algorithm, V4, V4A)
	case options.Service == "":
		return nil, errors.New("a signature needs the service's signing name, such as s3")
	case options.Region == "":
		return nil, errors.New("a signature needs a region")
	}
	return &Signer{options: options}, nil
}

// The parameters of a signature have the same names as headers and in a query.
const (
	amzAlgorithm     = "X-Amz-Algorithm"
	amzContentSHA256 = "X-Amz-Content-Sha256"
	amzCredential    = "X-Amz-Credential"
	amzDate          = "X-Amz-Date"
	amzExpires       = "X-Amz-Expires"
	amzRegionSet     = "X-Amz-Region-Set"
	amzSecurityToken = "X-Amz-Security-Token"
	amzSignature     = "X-Amz-Signature"
	amzSignedHeaders = "X-Amz-SignedHeaders"

	timeFormat = "20060102T150405Z"
	dateFormat = "20060102"
)

// Sign adds the signature's headers to r, in place of those that it has. payload is the body's Hash, or Unsigned.
//
// The host that is signed is r.Host, or else r.URL.Host, as it stands. A content length is signed if it is positive. An
// error says what about the request cannot be signed; r is then not to be sent.
func (s *Signer) Sign(r *http.Request, c creds.Credentials, payload string, at time.Time) error {
	if err := check(r, c); err != nil {
		return err
	}
	at = at.UTC()
	for _, name := range []string{"Authorization", amzContentSHA256, amzDate, amzRegionSet, amzSecurityToken} {
		r.Header.Del(name)
	}
	r.Header.Set(amzDate, at.Format(timeFormat))
	if s.options.ContentSHA256 || payload == Unsigned {
		r.Header.Set(amzContentSHA256, payload)
	}
	if s.options.Algorithm == V4A {
		r.Header.Set(amzRegionSet, s.options.Region)
	}
	if c.SessionToken != "" && !s.options.OmitToken {
		r.Header.Set(amzSecurityToken, c.SessionToken)
	}
	canonical, err := s.canonical(r, nil, payload)
	if err != nil {
		return err
	}
	signature, err := s.signature(canonical, c, at)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s, SignedHeaders=%s, Signature=%s",
		s.options.Algorithm, s.credential(c, at), canonical.signedHeaders, signature))
	if c.SessionToken != "" {
		r.Header.Set(amzSecurityToken, c.SessionToken)
	}
	r.URL.RawQuery = plain(r.URL.RawQuery)
	return nil
}

// Presign adds the signature's parameters to r's query, so that the URL itself is signed. It can be used from at on for
// as long as valid says, in whole seconds (S3 allows 7 days at most), by requests that have r's method and headers.
// Otherwise it is as Sign.
func (s *Signer) Presign(r *http.Request, c creds.Credentials, payload string, at time.Time, valid time.Duration,
) error {
	if err := check(r, c); err != nil {
		return err
	}
	if valid < time.Second {
		return fmt.Errorf("a signature cannot be valid for %v: a second is the least", valid)
	}
	at = at.UTC()
	signed, unsigned := s.parameters(r, c, at, valid)
	canonical, err := s.canonical(r, signed, payload)
	if err != nil {
		return err
	}
	signature, err := s.signature(canonical, c, at)
	if err != nil {
		return err
	}
	added := slices.Concat(signed, unsigned, parameters{{amzSignature, signature}})
	r.URL.RawQuery = joinQuery(plain(r.URL.RawQuery), added.String())
	return nil
}

// parameters are those that Presign adds before the signature: with it and, if the service wants that, without it.
func (s *Signer) parameters(r *http.Request, c creds.Credentials, at time.Time, valid time.Duration) (
	signed, unsigned parameters) {
	signed = parameters{
		{amzAlgorithm, string(s.options.Algorithm)},
		{amzCredential, s.credential(c, at)},
		{amzDate, at.Format(timeFormat)},
		{amzSignedHeaders, strings.Join(signedNames(r), ";")},
		{amzExpires, strconv.FormatInt(int64(valid/time.Second), 10)},
	}
	if s.options.Algorithm == V4A {
		signed = append(signed, [2]string{amzRegionSet, s.options.Region})
	}
	token := [2]string{amzSecurityToken, c.SessionToken}
	switch {
	case c.SessionToken == "":
		return signed, nil
	case s.options.OmitToken:
		return signed, parameters{token}
	}
	return append(signed, token), nil
}

// check refuses what cannot be signed.
func check(r *http.Request, c creds.Credentials) error {
	switch {
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return errors.New("there is no key to sign with")
	case r.URL.Opaque != "":
		return fmt.Errorf("the opaque URL %q cannot be signed", r.URL.Opaque)
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	for _, each := range query {
		switch each[0] {
		case amzAlgorithm, amzCredential, amzSignature:
			return fmt.Errorf("the request's query has a signature already: %s", each[0])
		}
	}
	return nil
}

// scope names what the signature is for. A region set is not part of it.
func (s *Signer) scope(at time.Time) string {
	if s.options.Algorithm == V4A {
		return at.Format(dateFormat) + "/" + s.options.Service + "/aws4_request"
	}
	return at.Format(dateFormat) + "/" + s.options.Region + "/" + s.options.Service + "/aws4_request"
}

func (s *Signer) credential(c creds.Credentials, at time.Time) string {
	return c.AccessKeyID + "/" + s.scope(at)
}
