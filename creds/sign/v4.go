package sign

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sluice/creds"
)

// signature signs a canonical request.
func (s *Signer) signature(canonical *canonicalRequest, c creds.Credentials, at time.Time) (string, error) {
	if s.options.Algorithm == V4A {
		return s.signatureV4A(canonical, c, at)
	}
	return s.signatureV4(canonical, c, at)
}

// signatureV4 lets the SDK sign a request that has what is signed and nothing else, in its canonical form.
func (s *Signer) signatureV4(canonical *canonicalRequest, c creds.Credentials, at time.Time,
	options ...func(*v4.SignerOptions)) (string, error) {
	key := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	r := &http.Request{
		Method:        canonical.method,
		URL:           &url.URL{Opaque: "//-" + canonical.path, RawQuery: canonical.query},
		Host:          canonical.host,
		Header:        canonical.header,
		ContentLength: canonical.length,
	}
	options = append(options, func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping, o.DisableHeaderHoisting = true, true
		o.DisableSessionToken = s.options.OmitToken
	})
	// A signer keeps derived keys by access key alone, and would go on with a secret that was wrong and is mended.
	signer := v4.NewSigner()
	ctx := context.Background()
	service, region := s.options.Service, s.options.Region
	if canonical.presigned {
		signed, _, err := signer.PresignHTTP(ctx, key, r, canonical.payload, service, region, at, options...)
		return afterLast(signed, amzSignature+"="), err
	}
	err := signer.SignHTTP(ctx, key, r, canonical.payload, service, region, at, options...)
	return afterLast(r.Header.Get("Authorization"), "Signature="), err
}

// afterLast is what follows the last mark in s, or "".
func afterLast(s, mark string) string {
	at := strings.LastIndex(s, mark)
	if at < 0 {
		return ""
	}
	return s[at+len(mark):]
}
