package creds

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS makes a provider fit the AWS SDK. Set the result as Credentials of
// aws.Config or of a client's Options: through config.WithCredentialsProvider
// the SDK puts a cache of its own around it, which hides every refresh.
func AWS(p Provider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := p.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, sourceError{err}
		}
		return aws.Credentials{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			AccountID: c.AccountID, Source: c.Source, CanExpire: c.CanExpire(), Expires: c.Expires,
		}, nil
	})
}

// sourceError is a failure to get credentials, on its way through a client of
// another service. It has no code: an AccessDenied of STS is not that service's,
// and what to do about it is another thing.
type sourceError struct{ err error }

func (e sourceError) Error() string { return e.err.Error() }

// Is is what errors.Is asks.
func (e sourceError) Is(target error) bool { return errors.Is(e.err, target) }
