package creds

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Service says where an AWS service is and how to reach it.
type Service struct {
	Region string
	// Locator, if not nil, finds the region; Region is used if it finds none.
	Locator   Locator
	Endpoint  string // URL; default: AWS's own for the region
	FIPS      bool   // use AWS's FIPS 140 validated endpoint
	DualStack bool   // use AWS's endpoint with IPv6
	HTTP      aws.HTTPClient
}

// Locator finds a region. Region returns "" if there is none to be found. Implementations are comparable, and safe for
// concurrent use.
type Locator interface {
	Region(ctx context.Context) string
}

// Located returns the service in the region that its locator finds.
func (s Service) Located(ctx context.Context) Service {
	if s.Locator != nil {
		s.Region = cmp.Or(s.Locator.Region(ctx), s.Region)
	}
	return s
}

// BaseEndpoint returns the BaseEndpoint of an SDK client's options.
func (s Service) BaseEndpoint() *string {
	if s.Endpoint == "" {
		return nil
	}
	return &s.Endpoint
}

// UseFIPSEndpoint returns the setting of an SDK client's options. A configured endpoint wins.
func (s Service) UseFIPSEndpoint() aws.FIPSEndpointState {
	if s.FIPS && s.Endpoint == "" {
		return aws.FIPSEndpointStateEnabled
	}
	return aws.FIPSEndpointStateDisabled
}

// UseDualStackEndpoint returns the setting of an SDK client's options. A configured endpoint wins.
func (s Service) UseDualStackEndpoint() aws.DualStackEndpointState {
	if s.DualStack && s.Endpoint == "" {
		return aws.DualStackEndpointStateEnabled
	}
	return aws.DualStackEndpointStateDisabled
}
