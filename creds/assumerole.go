package creds

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// DefaultSessionName is the session of assumed roles; CloudTrail shows it.
const DefaultSessionName = "sluice"

// AssumeRole provides the credentials of a role that the base's credentials may
// assume.
type AssumeRole struct {
	STS         Service
	Base        Provider
	RoleARN     string
	ExternalID  string // "" sends none
	SessionName string // default DefaultSessionName
	// Duration of the session; default: one hour, as STS has it. STS takes 15 min
	// to the role's maximum, and 1 h at most if the base is itself a role.
	Duration       time.Duration
	Policy         string   // JSON that narrows what the session may do; "" for none
	PolicyARNs     []string // managed policies that do the same
	Tags           map[string]string
	TransitiveTags []string // keys of tags that go on to roles assumed with this one
	SourceIdentity string   // that CloudTrail shows for all that follows; "" for none
	// SerialNumber and TokenCode are of an MFA device. A code works once, so a
	// session that has one cannot be refreshed.
	SerialNumber, TokenCode string
	Contexts                []ProvidedContext
}

// ProvidedContext is an assertion of a context provider that STS trusts.
type ProvidedContext struct{ ProviderARN, Assertion string }

// Retrieve calls STS. It is never ErrNotConfigured: the role is configured, so
// a base without credentials is a failure. A base whose key STS refuses is
// invalidated and asked once more.
func (a AssumeRole) Retrieve(ctx context.Context) (Credentials, error) {
	for again := false; ; again = true {
		base, err := a.Base.Retrieve(ctx)
		if err != nil {
			return Credentials{}, fmt.Errorf("assume role %s: its base has no credentials: %w", a.RoleARN, Meant(err))
		}
		found, err := a.assume(ctx, base)
		if err == nil {
			return found, nil
		}
		source, ok := a.Base.(Invalidator)
		if again || !ok || !KeyRefused(err) || !source.Invalidate(base) {
			return Credentials{}, fmt.Errorf("assume role %s with %s: %w", a.RoleARN, base, withRemedy(err, a.remedies()))
		}
	}
}

// remedies are for the errors that users report most.
func (AssumeRole) remedies() map[string]string {
	return map[string]string{
		"AccessDenied":            "the role's trust policy must allow this principal, and with this external ID if it asks for one",
		"InvalidClientTokenId":    "the base key does not exist or is disabled, or it belongs to another AWS partition than this endpoint",
		"SignatureDoesNotMatch":   "the secret key is wrong, or this machine's clock is",
		"RegionDisabledException": regionRemedy,
	}
}

const regionRemedy = "activate STS for this region in the account, or set another region or sts_endpoint"

func (a AssumeRole) assume(ctx context.Context, base Credentials) (Credentials, error) {
	out, err := newSTS(a.STS, AWS(Static{base})).AssumeRole(ctx, a.input())
	if err != nil {
		return Credentials{}, err
	}
	return fromSTS(out.Credentials, out.AssumedRoleUser, a.RoleARN, "assume-role("+base.Source+")")
}

func (a AssumeRole) input() *sts.AssumeRoleInput {
	in := &sts.AssumeRoleInput{
		RoleArn: &a.RoleARN, RoleSessionName: sessionName(a.SessionName), ExternalId: optional(a.ExternalID),
		DurationSeconds: seconds(a.Duration), Policy: optional(a.Policy), TransitiveTagKeys: a.TransitiveTags,
		SourceIdentity: optional(a.SourceIdentity), SerialNumber: optional(a.SerialNumber), TokenCode: optional(a.TokenCode),
	}
	for _, each := range a.PolicyARNs {
		in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: &each})
	}
	for key, value := range a.Tags {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value})
	}
	for _, each := range a.Contexts {
		in.ProvidedContexts = append(in.ProvidedContexts, types.ProvidedContext{ProviderArn: &each.ProviderARN, ContextAssertion: &each.Assertion})
	}
	return in
}

func newSTS(s Service, base aws.CredentialsProvider) *sts.Client {
	return sts.New(sts.Options{
		Region: s.Region, BaseEndpoint: s.baseEndpoint(), Credentials: base, HTTPClient: s.HTTP,
		EndpointOptions: sts.EndpointResolverOptions{UseFIPSEndpoint: s.fips(), UseDualStackEndpoint: s.dualStack()},
	})
}

// fromSTS takes over what STS answers. The account is that of the role that was
// assumed.
func fromSTS(c *types.Credentials, user *types.AssumedRoleUser, role, source string) (Credentials, error) {
	if c == nil || c.Expiration == nil {
		return Credentials{}, errors.New("STS answered without credentials")
	}
	if user != nil {
		role = aws.ToString(user.Arn)
	}
	account := ""
	if parsed, err := arn.Parse(role); err == nil {
		account = parsed.AccountID
	}
	return Credentials{
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

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
