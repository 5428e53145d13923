package creds

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// Service says where a service of AWS is and how to reach it.
type Service struct {
	Region    string
	Endpoint  string // URL; default: AWS's own for the region
	FIPS      bool   // ask AWS's endpoint that is FIPS 140 validated
	DualStack bool   // ask AWS's endpoint that has IPv6
	HTTP      aws.HTTPClient
}

func (s Service) baseEndpoint() *string {
	if s.Endpoint == "" {
		return nil
	}
	return &s.Endpoint
}

func (s Service) fips() aws.FIPSEndpointState {
	if s.FIPS && s.Endpoint == "" {
		return aws.FIPSEndpointStateEnabled
	}
	return aws.FIPSEndpointStateDisabled
}

func (s Service) dualStack() aws.DualStackEndpointState {
	if s.DualStack && s.Endpoint == "" {
		return aws.DualStackEndpointStateEnabled
	}
	return aws.DualStackEndpointStateDisabled
}

// ErrorCode returns what an AWS service calls its error, "" if it is none.
func ErrorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// withRemedy adds what to do about an error, for those whose codes are known.
func withRemedy(err error, remedies map[string]string) error {
	if remedy := remedies[ErrorCode(err)]; remedy != "" {
		return fmt.Errorf("%w (%s)", err, remedy)
	}
	return err
}

// KeyRefused tells that a service knows a key no more, or takes it for expired:
// it is to be invalidated.
func KeyRefused(err error) bool {
	switch ErrorCode(err) {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidTokenId",
		"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure":
		return true
	}
	return false
}
