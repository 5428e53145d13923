package creds

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// AssumeRole provides the credentials of a role that the base's credentials may
// assume.
type AssumeRole struct {
	Base        Provider
	RoleARN     string
	ExternalID  string // "" sends none
	SessionName string // default "sluice"
	Region      string // of the STS endpoint
	Endpoint    string // URL; default: AWS's own for the region
}

// Retrieve calls STS. It is never ErrNotConfigured: the role is configured, so
// a base without credentials is a failure.
func (a AssumeRole) Retrieve(ctx context.Context) (Credentials, error) {
	base, err := a.Base.Retrieve(ctx)
	if err != nil {
		return Credentials{}, fmt.Errorf("assume role %s: its base has no credentials: %v", a.RoleARN, err)
	}
	session := a.SessionName
	if session == "" {
		session = "sluice"
	}
	in := &sts.AssumeRoleInput{RoleArn: &a.RoleARN, RoleSessionName: &session}
	if a.ExternalID != "" {
		in.ExternalId = &a.ExternalID
	}
	out, err := a.client(base).AssumeRole(ctx, in)
	if err != nil {
		return Credentials{}, fmt.Errorf("assume role %s: %w", a.RoleARN, err)
	}
	if out.Credentials == nil || out.Credentials.Expiration == nil {
		return Credentials{}, fmt.Errorf("assume role %s: STS answered without credentials", a.RoleARN)
	}
	return Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
		AccountID:       accountOf(a.RoleARN),
		Expires:         *out.Credentials.Expiration,
		Source:          "assume-role(" + base.Source + ")",
	}, nil
}

func (a AssumeRole) client(base Credentials) *sts.Client {
	opts := sts.Options{Region: a.Region, Credentials: AWS(Static{base})}
	if a.Endpoint != "" {
		opts.BaseEndpoint = &a.Endpoint
	}
	return sts.New(opts)
}

// accountOf returns the account of arn:partition:service:region:account:…, or "".
func accountOf(arn string) string {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return ""
	}
	return fields[4]
}
