package s3

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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

// networkRemedy returns the remedy for a request that got no answer of S3's, or "".
func networkRemedy(err error) string {
	var (
		unknownAuthority x509.UnknownAuthorityError
		wrongName        x509.HostnameError
		invalid          x509.CertificateInvalidError
		lookup           *net.DNSError
		timeout          net.Error
		answer           *awshttp.ResponseError
	)
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "write http:// before the host in the property endpoint: the server does not speak TLS"
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusBadRequest &&
		answer.Response.Request.URL.Scheme == "http":
		return "write https:// before the host in the property endpoint: the server may speak TLS only"
	case errors.As(err, &unknownAuthority):
		return "set ca_file to the certificate of the authority that signed the server's"
	case errors.As(err, &wrongName):
		return "use a host name in the property endpoint that is in the server's certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the server's certificate, or set the machine's clock"
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "correct the host name in the property endpoint, or the property region"
	case errors.As(err, &lookup):
		return "check the machine's DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "start the S3 server, or correct the property endpoint: nothing listens at this address"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "check the machine's route to S3, or the property endpoint"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "let connections to S3 through (security group, firewall, proxy), or correct the property endpoint"
	}
	return ""
}

// credentialsError means that there was no key to sign a request with. It hides what the
// source's error wraps, since that is not about S3: neither its code nor whether to retry.
type credentialsError struct{ cause error }

func (e *credentialsError) Error() string { return e.cause.Error() }

// MissingCredentials reports whether a request failed since there was no key to sign it with.
func MissingCredentials(err error) bool {
	var missing *credentialsError
	return errors.As(err, &missing)
}
