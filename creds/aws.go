package creds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS makes a provider fit the AWS SDK. Set the result as Credentials of
// aws.Config or of a client's Options: through config.WithCredentialsProvider
// the SDK puts a cache of its own around it, which hides every refresh.
func AWS(p Provider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := p.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		return aws.Credentials{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			AccountID: c.AccountID, Source: c.Source, CanExpire: c.CanExpire(), Expires: c.Expires,
		}, nil
	})
}
