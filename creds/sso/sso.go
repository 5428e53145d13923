// Package sso finds the credentials that a user of the AWS CLI has signed in for: Role those of IAM Identity Center
// ("aws sso login"), Login those of a console session ("aws login"). Both use the tokens that the CLI keeps in its
// cache, and refresh them there.
package sso

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssso "github.com/aws/aws-sdk-go-v2/service/sso"

	"sluice/creds"
)

// Role provides the credentials of a role in IAM Identity Center.
type Role struct {
	Portal    creds.Service
	Token     Token
	AccountID string
	RoleName  string
}

// Retrieve asks the portal. Its error is never creds.ErrNotConfigured.
func (r Role) Retrieve(ctx context.Context) (creds.Credentials, error) {
	if r.AccountID == "" || r.RoleName == "" {
		return creds.Credentials{}, errors.New("SSO: the profile is for an access token, not for AWS credentials: " +
			"set sso_account_id and sso_role_name")
	}
	token, err := r.Token.Retrieve(ctx)
	if err != nil {
		return creds.Credentials{}, err
	}
	out, err := r.client().GetRoleCredentials(ctx, &awssso.GetRoleCredentialsInput{
		AccessToken: &token,
		AccountId:   &r.AccountID,
		RoleName:    &r.RoleName,
	})
	if err == nil && out.RoleCredentials == nil {
		err = errors.New("the service answered without credentials")
	}
	if err != nil {
		err = creds.WithRemedy(err, map[string]string{
			"UnauthorizedException": "the session has ended: " + r.Token.remedy(),
			"ForbiddenException": "the user does not have this role in this account: " +
				"check sso_account_id and sso_role_name",
		})
		return creds.Credentials{}, fmt.Errorf("SSO role %s of account %s: %w", r.RoleName, r.AccountID, err)
	}
	return creds.Credentials{
		AccessKeyID:     aws.ToString(out.RoleCredentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.RoleCredentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.RoleCredentials.SessionToken),
		AccountID:       r.AccountID,
		Expires:         time.UnixMilli(out.RoleCredentials.Expiration),
		Source:          "sso",
	}, nil
}

func (r Role) client() *awssso.Client {
	return awssso.New(awssso.Options{
		Region:       r.Portal.Region,
		BaseEndpoint: r.Portal.BaseEndpoint(),
		HTTPClient:   r.Portal.HTTP,
		EndpointOptions: awssso.EndpointResolverOptions{
			UseFIPSEndpoint:      r.Portal.UseFIPSEndpoint(),
			UseDualStackEndpoint: r.Portal.UseDualStackEndpoint(),
		},
	})
}
