package s3

import (
	"context"
	"errors"
	"strings"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Host returns the host that is dialled for a bucket, with its port if the endpoint names one. Its error says which
// options exclude each other.
func Host(o Options, bucket string) (string, error) {
	region := strings.TrimSuffix(strings.TrimPrefix(o.Region, "fips-"), "-fips") // as the SDK's client does
	fips := o.UseFIPS || region != o.Region
	useARNRegion := true
	p := awss3.EndpointParameters{Bucket: &bucket, Region: &region, ForcePathStyle: &o.PathStyle,
		UseArnRegion: &useARNRegion}
	if o.Endpoint != "" {
		p.Endpoint = &o.Endpoint
	} else {
		p.UseFIPS, p.UseDualStack, p.Accelerate = &fips, &o.UseDualStack, &o.UseAccelerate
	}
	found, err := awss3.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), p)
	if err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "endpoint rule error, "))
	}
	return found.URI.Host, nil
}
