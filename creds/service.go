package creds

import "github.com/aws/aws-sdk-go-v2/aws"

// Service says where an AWS service is and how to reach it.
type Service struct {
	Region    string
	Endpoint  string // URL; default: AWS's own for the region
	FIPS      bool   // use AWS's FIPS 140 validated endpoint
	DualStack bool   // use AWS's endpoint with IPv6
	HTTP      aws.HTTPClient
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
