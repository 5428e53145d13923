package creds

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS adapts a provider to the AWS SDK. Set the result as Credentials of aws.Config or of a client's Options. Do not
// use config.WithCredentialsProvider: it adds a cache of the SDK's own, which hides every refresh.
func AWS(p Provider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := p.Retrieve(ctx)
		if err != nil {
			return aws.Credentials{}, sourceError{err}
		}
		return aws.Credentials{
			AccessKeyID:     c.AccessKeyID,
			SecretAccessKey: c.SecretAccessKey,
			SessionToken:    c.SessionToken,
			AccountID:       c.AccountID,
			Source:          c.Source,
			CanExpire:       c.CanExpire(),
			Expires:         c.Expires,
		}, nil
	})
}

// sourceError is a failure to get credentials that passes through the client of another service. It has no code: an
// AccessDenied of STS is not that service's, and has another remedy.
type sourceError struct{ err error }

func (e sourceError) Error() string { return e.err.Error() }

// Is answers errors.Is.
func (e sourceError) Is(target error) bool { return errors.Is(e.err, target) }
