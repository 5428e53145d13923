package s3

import (
	"errors"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"sluice/creds"
)

// ErrOther means that a foreign object has the key of one of ours.
var ErrOther = errors.New("another object is already there")

// remedies by error code, for the errors that only an operator can mend
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var remedies = map[string]string{
	"AccessDenied":                  "allow s3:PutObject for these credentials, in their policy and the bucket's",
	"AllAccessDisabled":             "the bucket's owner has to ask AWS",
	"AccountProblem":                "the account's owner has to ask AWS",
	"NoSuchBucket":                  "create the bucket, or correct the property bucket",
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

// Remedy reports whether an operator must change something before an upload that failed
// with err can succeed, and what, if that is known. It is false for errors that may pass
// by themselves or with the next credentials.
func Remedy(err error) (text string, needed bool) {
	if errors.Is(err, ErrOther) {
		return "move the object at this key away, and ours is stored", true
	}
	if text, needed = remedies[creds.ErrorCode(err)]; needed || creds.KeyRefused(err) {
		return text, needed
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
	case 0, // the SDK's way to say that there was no answer
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusTemporaryRedirect:
		return "", false
	default:
		return "", status < http.StatusInternalServerError
	}
}
