package s3

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"sluice/creds"
)

// remedies by error code
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var remedies = map[string]string{
	"AccessDenied":                  "allow s3:PutObject for these credentials, in their policy and the bucket's",
	"AllAccessDisabled":             "ask AWS, as the bucket's owner",
	"AccountProblem":                "ask AWS, as the account's owner",
	"NoSuchBucket":                  "create the bucket, or correct the property bucket",
	"InvalidBucketName":             "correct the property bucket",
	"PermanentRedirect":             "correct the property region, or endpoint",
	"AuthorizationHeaderMalformed":  "correct the property region",
	"InvalidAccessKeyId":            "correct the access key: S3 does not know it",
	"SignatureDoesNotMatch":         "correct the secret access key",
	"RequestTimeTooSkewed":          "set the machine's clock",
	"InvalidTag":                    "correct the property tags",
	"InvalidStorageClass":           "correct the property storage_class",
	"AccessControlListNotSupported": "remove the property canned_acl: the bucket has ACLs disabled",
	"KMS.NotFoundException":         "correct the bucket's KMS key",
	"KMS.DisabledException":         "enable the bucket's KMS key",
	"KMS.InvalidStateException":     "cancel the deletion of the bucket's KMS key, or choose another",
	"KMS.AccessDeniedException":     "allow kms:GenerateDataKey and kms:Decrypt for these credentials",
	"EntityTooLarge":                "lower total_file_size",
	"QuotaExceeded":                 "make room on the server",
	"InsufficientStorage":           "make room on the server",
}

// networkProblem is a reason why a request got no answer of S3's.
type networkProblem struct {
	seen   string // in the error's text
	remedy string
	is     func(error) bool
}

// networkProblems returns them, the more specific ones first.
func networkProblems() []networkProblem {
	return []networkProblem{
		{"server gave HTTP response to HTTPS client",
			"write http:// before the host in the property endpoint: the server does not speak TLS",
			func(err error) bool { return errors.Is(err, http.ErrSchemeMismatch) }},
		{"HTTP status 400",
			"write https:// before the host in the property endpoint: the server may speak TLS only", isPlainToTLS},
		{"certificate signed by unknown authority",
			"set ca_file to the certificate of the authority that signed the server's", is[x509.UnknownAuthorityError]},
		{"certificate is valid for …, not …",
			"use a host name in the property endpoint that is in the server's certificate", is[x509.HostnameError]},
		{"certificate has expired or is not yet valid",
			"renew the server's certificate, or set the machine's clock", isExpired},
		{"no such host",
			"correct the host name in the property endpoint, or the property region", isUnknownHost},
		{"lookup …",
			"check the machine's DNS", is[*net.DNSError]},
		{"connection refused",
			"start the S3 server, or correct the property endpoint: nothing listens at this address",
			func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"network is unreachable",
			"check the machine's route to S3, or the property endpoint", func(err error) bool {
				return errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
			}},
		{"i/o timeout",
			"let connections to S3 through (security group, firewall, proxy), or correct the property endpoint",
			isTimeout},
	}
}

// networkRemedy returns the remedy for a request that got no answer of S3's, or "".
func networkRemedy(err error) string {
	for _, p := range networkProblems() {
		if p.is(err) {
			return p.remedy
		}
	}
	return ""
}

// is reports whether err wraps an error of a type.
func is[E error](err error) bool {
	var found E
	return errors.As(err, &found)
}

func isUnknownHost(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}

func isExpired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isPlainToTLS reports whether a server refused plain HTTP with something that is not S3's.
func isPlainToTLS(err error) bool {
	var answer *awshttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusBadRequest &&
		answer.Response.Request.URL.Scheme == "http"
}

// credentialsError means that there was no key to sign a request with. It hides what the
// source's error wraps, since that is not about S3: neither its code nor whether to retry.
type credentialsError struct{ cause error }

func (e *credentialsError) Error() string {
	if errors.Is(e.cause, creds.ErrNotConfigured) {
		return "no AWS credentials: none of their sources is configured" // which ones is a long list
	}
	return e.cause.Error()
}

// WithoutCredentials returns what it means that there are no credentials: err is the source's.
func WithoutCredentials(err error) Failure { return Explain(&credentialsError{err}) }

// MissingCredentials reports whether a request failed since there was no key to sign it with.
func MissingCredentials(err error) bool {
	var missing *credentialsError
	return errors.As(err, &missing)
}
