package s3

import (
	"errors"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"sluice/creds"
)

// ErrOther is what a write says when an object of somebody else is under its key.
var ErrOther = errors.New("another object is there")

// remedies are what to do about the errors that somebody has to do something
// about (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var remedies = map[string]string{
	"AccessDenied":                  "allow s3:PutObject for these credentials, in their policy and the bucket's",
	"AllAccessDisabled":             "the bucket's owner has to ask AWS",
	"AccountProblem":                "the account's owner has to ask AWS",
	"NoSuchBucket":                  "make the bucket, or correct the property bucket",
	"InvalidBucketName":             "correct the property bucket",
	"PermanentRedirect":             "correct the property region, or endpoint",
	"AuthorizationHeaderMalformed":  "correct the property region",
	"SignatureDoesNotMatch":         "correct the secret access key",
	"RequestTimeTooSkewed":          "set the machine's clock",
	"InvalidStorageClass":           "correct the property storage_class",
	"AccessControlListNotSupported": "remove the property canned_acl: the bucket has ACLs disabled",
	"KMS.NotFoundException":         "correct the bucket's KMS key",
	"KMS.DisabledException":         "enable the bucket's KMS key",
	"KMS.AccessDeniedException":     "allow kms:GenerateDataKey and kms:Decrypt for these credentials",
	"EntityTooLarge":                "lower total_file_size",
	"QuotaExceeded":                 "make room on the server",
	"InsufficientStorage":           "make room on the server",
}

// Remedy tells whether somebody has to change something before an upload that
// failed with err can succeed, and what, if that is known. It need not be when
// time helps, or other credentials, which are asked for.
func Remedy(err error) (text string, lasting bool) {
	if errors.Is(err, ErrOther) {
		return "look at the object; move it away, and ours is stored", true
	}
	if text, lasting = remedies[creds.ErrorCode(err)]; lasting || creds.KeyRefused(err) {
		return text, lasting
	}
	switch creds.ErrorCode(err) {
	case "RequestTimeout", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "NoSuchUpload", "InvalidPart":
		return "", false
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return "", false // no answer at all
	}
	switch status := answer.HTTPStatusCode(); status {
	case 0, // the SDK's word for no answer
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusConflict, http.StatusPreconditionFailed, http.StatusTemporaryRedirect:
		return "", false
	default:
		return "", status < http.StatusInternalServerError
	}
}
