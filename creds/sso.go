package creds

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
)

// SSO provides the credentials of a role that a user of IAM Identity Center has
// chosen.
type SSO struct {
	Portal    Service
	Token     SSOToken
	AccountID string
	RoleName  string
}

// Retrieve asks the portal. It is never ErrNotConfigured.
func (s SSO) Retrieve(ctx context.Context) (Credentials, error) {
	if s.AccountID == "" || s.RoleName == "" {
		return Credentials{}, errors.New("SSO: the profile asks for an access token, not for AWS credentials: set sso_account_id and sso_role_name")
	}
	token, err := s.Token.Retrieve(ctx)
	if err != nil {
		return Credentials{}, err
	}
	client := sso.New(sso.Options{
		Region: s.Portal.Region, BaseEndpoint: s.Portal.baseEndpoint(), HTTPClient: s.Portal.HTTP,
		EndpointOptions: sso.EndpointResolverOptions{UseFIPSEndpoint: s.Portal.fips(), UseDualStackEndpoint: s.Portal.dualStack()},
	})
	out, err := client.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{AccessToken: &token, AccountId: &s.AccountID, RoleName: &s.RoleName})
	if err != nil {
		err = withRemedy(err, map[string]string{
			"UnauthorizedException": "the session has ended: " + s.Token.login(),
			"ForbiddenException":    "the user has no such role in this account: check sso_account_id and sso_role_name",
		})
		return Credentials{}, fmt.Errorf("SSO role %s of account %s: %w", s.RoleName, s.AccountID, err)
	}
	c := out.RoleCredentials
	if c == nil {
		return Credentials{}, fmt.Errorf("SSO role %s of account %s: the service answered without credentials", s.RoleName, s.AccountID)
	}
	return Credentials{
		AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken),
		AccountID: s.AccountID, Expires: time.UnixMilli(c.Expiration), Source: "sso",
	}, nil
}
