package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"sluice/creds"
)

// ErrOther means that a foreign object has the key of one of ours.
var ErrOther = errors.New("another object is already there")

// Failure is what an error means to its reader.
type Failure struct {
	// Remedy is what to do, "" if that is not known.
	Remedy string
	// NeedsOperator is set if nothing but the remedy helps. Other failures may pass by
	// themselves or with the next credentials.
	NeedsOperator bool
	Cause         string // one clause
	// RequestID and HostID are what AWS's support asks for; "" if there was no answer.
	RequestID, HostID string
}

// Explain returns what the error of a request means.
func Explain(err error) Failure {
	f := Failure{Cause: cause(err)}
	var ids awss3.ResponseError
	if errors.As(err, &ids) {
		f.RequestID, f.HostID = ids.ServiceRequestID(), ids.ServiceHostID()
	}
	f.Remedy, f.NeedsOperator = remedy(err)
	return f
}

// NeedsOperator is Explain(err).NeedsOperator.
func NeedsOperator(err error) bool {
	_, needed := remedy(err)
	return needed
}

// cause returns the innermost texts of an error, without the SDK's account of its layers.
func cause(err error) string {
	var text string
	var missing *credentialsError
	var answered smithy.APIError
	var sent *url.Error
	var answer *awshttp.ResponseError
	switch {
	case errors.As(err, &missing):
		text = missing.Error()
	case errors.As(err, &answered):
		text = strings.TrimSuffix(answered.ErrorCode()+": "+answered.ErrorMessage(), ": ")
	case errors.As(err, &sent):
		text = sent.Err.Error()
	case errors.As(err, &answer):
		text = fmt.Sprintf("HTTP status %d: %v", answer.HTTPStatusCode(), answer.Err)
	default:
		return err.Error()
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		text = operation.OperationName + ": " + text
	}
	return text
}

// remedy returns what to do, and whether nothing else helps.
func remedy(err error) (text string, needed bool) {
	var missing *credentialsError
	switch {
	case err == nil:
		return "", false
	case errors.Is(err, ErrOther):
		return "move the object at this key away, and ours is stored", true
	case errors.As(err, &missing):
		return `run "sluice creds explain" to see why there are no AWS credentials`, false
	}
	if text, needed = answerRemedy(err); text != "" || needed || creds.ErrorCode(err) != "" {
		return text, needed
	}
	return networkRemedy(err), isLasting(err)
}

// answerRemedy returns the remedy for an error that S3 answered with.
func answerRemedy(err error) (text string, needed bool) {
	var answered smithy.APIError
	if !errors.As(err, &answered) {
		return "", false
	}
	code, message := answered.ErrorCode(), answered.ErrorMessage()
	switch {
	case strings.Contains(message, "Content-MD5") && code == "InvalidRequest":
		return "set send_content_md5 on: the bucket has Object Lock, which needs a checksum", true
	case code == "SignatureDoesNotMatch" && clockOffset(err) != 0:
		return "set the machine's clock, which differs from S3's by " + clockOffset(err).String(), true
	case denied(message) != "":
		return "allow " + denied(message) + " for these credentials", true
	case remedies[code] != "":
		return remedies[code], !creds.KeyRefused(err)
	case creds.KeyRefused(err):
		return `run "sluice creds explain": S3 no longer accepts this key`, false
	}
	return "", isLasting(err)
}

// denied returns the right that AWS says is missing, with the resource, if it is not one that
// storing an object always needs (https://docs.aws.amazon.com/IAM/latest/UserGuide/
// troubleshoot_access-denied.html).
func denied(message string) string {
	_, after, found := strings.Cut(message, "is not authorized to perform: ")
	action, after, _ := strings.Cut(after, " ")
	if !found || action == "" {
		return ""
	}
	if resource, on := strings.CutPrefix(after, "on resource: "); on {
		resource, _, _ = strings.Cut(resource, " ")
		return action + " on " + strings.Trim(resource, `"`)
	}
	return action
}

// isLasting reports whether an answer will be the same next time.
func isLasting(err error) bool {
	switch creds.ErrorCode(err) {
	case "RequestTimeout", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "NoSuchUpload", "InvalidPart":
		return false
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || creds.KeyRefused(err) {
		return false // no answer at all
	}
	switch status := answer.HTTPStatusCode(); status {
	case 0, // the SDK's way to say that there was no answer
		http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusTemporaryRedirect:
		return false
	default:
		return status < http.StatusInternalServerError
	}
}

// clockOffset returns how far S3's clock is ahead of the machine's, if that is enough for
// signatures to be refused, else 0.
func clockOffset(err error) time.Duration {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return 0
	}
	server, parseErr := http.ParseTime(answer.Response.Header.Get("Date"))
	if offset := time.Until(server).Round(time.Second); parseErr == nil && offset.Abs() > maxClockOffset {
		return offset
	}
	return 0
}

// maxClockOffset is the most that S3 tolerates
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
const maxClockOffset = 15 * time.Minute
