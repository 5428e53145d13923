// Package sts finds the credentials of roles that AWS's Security Token Service hands out.
//
//	provider := sts.AssumeRole{STS: service, Base: base, RoleARN: "arn:aws:iam::123456789012:role/logs"}
//
// It keeps nothing: put a creds.Cache around a provider.
package sts

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"sluice/creds"
)

// DefaultSessionName names the sessions of assumed roles. CloudTrail shows it.
const DefaultSessionName = "sluice"

// SessionName returns the name of sessions on a host, by which CloudTrail tells hosts apart: DefaultSessionName, and
// the host's as far as STS takes it.
func SessionName(host string) string {
	const most = 64
	valid := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_+=,.@-", r):
			return r
		}
		return '-'
	}, host)
	if valid == "" {
		return DefaultSessionName
	}
	name := DefaultSessionName + "-" + valid
	return name[:min(len(name), most)]
}

const regionRemedy = "activate STS for this region in the account, or set another region or sts_endpoint"

func newClient(ctx context.Context, s creds.Service, base aws.CredentialsProvider) *awssts.Client {
	s = s.Located(ctx)
	return awssts.New(awssts.Options{
		Region:       s.Region,
		BaseEndpoint: s.BaseEndpoint(),
		Credentials:  base,
		HTTPClient:   s.HTTP,
		EndpointOptions: awssts.EndpointResolverOptions{
			UseFIPSEndpoint:      s.UseFIPSEndpoint(),
			UseDualStackEndpoint: s.UseDualStackEndpoint(),
		},
	})
}

// newCredentials converts an answer of STS. The account is that of the assumed role.
func newCredentials(c *types.Credentials, user *types.AssumedRoleUser, role, source string) (creds.Credentials, error) {
	if c == nil || c.Expiration == nil {
		return creds.Credentials{}, errors.New("STS answered without credentials")
	}
	if user != nil {
		role = aws.ToString(user.Arn)
	}
	account := ""
	if parsed, err := arn.Parse(role); err == nil {
		account = parsed.AccountID
	}
	return creds.Credentials{
		AccessKeyID:     aws.ToString(c.AccessKeyId),
		SecretAccessKey: aws.ToString(c.SecretAccessKey),
		SessionToken:    aws.ToString(c.SessionToken),
		AccountID:       account,
		Expires:         *c.Expiration,
		Source:          source,
	}, nil
}

func sessionName(name string) *string {
	if name == "" {
		name = DefaultSessionName
	}
	return &name
}

func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	n := int32(d / time.Second)
	return &n
}

// optional returns nil for "", which the SDK does not send.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
