package s3

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Class is what the answer to a request says.
type Class uint8

// The classes.
const (
	OK          Class = iota
	Redirect          // the bucket is elsewhere
	Denied            // 401 or 403
	Throttled         // 429 or 503
	ClientError       // another 4xx: also the answer to a condition that is not met
	ServerError
	NoAnswer
)

// Classes are the names of all classes, by class.
var Classes = [...]string{
	OK: "ok", Redirect: "redirect", Denied: "denied", Throttled: "throttled", ClientError: "client_error",
	ServerError: "server_error", NoAnswer: "no_answer",
}

// Operations are the names of all requests that a Store makes to store objects.
var Operations = [...]string{
	"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload",
	"ListMultipartUploads", "HeadObject",
}

// observed is an HTTP client that reports each request's outcome.
type observed struct {
	aws.HTTPClient
	onRequest func(operation string, c Class) // may be nil
}

// Do makes a request.
func (o observed) Do(r *http.Request) (*http.Response, error) {
	answer, err := o.HTTPClient.Do(r)
	if o.onRequest != nil {
		o.onRequest(awsmiddleware.GetOperationName(r.Context()), classify(answer, err))
	}
	return answer, err
}

func classify(answer *http.Response, err error) Class {
	if err != nil {
		return NoAnswer
	}
	switch status := answer.StatusCode; {
	case status < http.StatusMultipleChoices:
		return OK
	case status < http.StatusBadRequest:
		return Redirect
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return Throttled
	case status < http.StatusInternalServerError:
		return ClientError
	}
	return ServerError
}
