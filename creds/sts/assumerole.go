package sts

import (
	"context"
	"fmt"
	"maps"
	"time"

	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"sluice/creds"
)

// AssumeRole provides the credentials of a role that the base's credentials may assume.
type AssumeRole struct {
	STS         creds.Service
	Base        creds.Provider
	RoleARN     string
	ExternalID  string // "" sends none
	SessionName string // default DefaultSessionName
	// Duration of the session; default 1 h, which is STS's own. STS accepts 15 min up to the role's maximum, and 1 h at
	// most if the base is itself a role.
	Duration       time.Duration
	Policy         string   // JSON that narrows the session's permissions; "" for none
	PolicyARNs     []string // managed policies that do the same
	Tags           map[string]string
	TransitiveTags []string // keys of the tags that roles assumed with this one inherit
	SourceIdentity string   // shown by CloudTrail for all that follows; "" for none
	// SerialNumber and TokenCode belong to an MFA device. A code works once, so its session cannot be refreshed.
	SerialNumber string
	TokenCode    string
	Contexts     []ProvidedContext
}

// ProvidedContext is an assertion of a context provider that STS trusts.
type ProvidedContext struct{ ProviderARN, Assertion string }

// Retrieve calls STS. Its error is never creds.ErrNotConfigured: the role is configured, so a base without credentials
// is a failure. If STS refuses the base's key, the base is invalidated and asked once more.
func (a AssumeRole) Retrieve(ctx context.Context) (creds.Credentials, error) {
	for again := false; ; again = true {
		base, err := a.Base.Retrieve(ctx)
		if err != nil {
			return creds.Credentials{}, fmt.Errorf("assume role %s: its base has no credentials: %w",
				a.RoleARN, creds.Meant(err))
		}
		found, err := a.assume(ctx, base)
		if err == nil {
			return found, nil
		}
		source, ok := a.Base.(creds.Invalidator)
		if again || !ok || !creds.KeyRefused(err) || !source.Invalidate(base) {
			err = creds.WithRemedy(err, a.remedies())
			return creds.Credentials{}, fmt.Errorf("assume role %s with %s: %w", a.RoleARN, base, err)
		}
	}
}

// remedies are for the errors that users report most.
func (a AssumeRole) remedies() map[string]string {
	all := maps.Clone(assumeRoleRemedies)
	if a.Duration > time.Hour {
		all["ValidationError"] = "lower the session's duration: it may be at most the role's maximum, and 1 hour if " +
			"the base is itself a role"
	}
	if len(a.Tags) > 0 {
		all["AccessDenied"] += ", and sts:TagSession"
	}
	return all
}

var assumeRoleRemedies = map[string]string{
	"AccessDenied": "the role's trust policy must allow this principal, and this external ID if it requires one",
	"InvalidClientTokenId": "the base key does not exist or is disabled, or it belongs to another AWS partition " +
		"than this endpoint",
	"SignatureDoesNotMatch":   "the secret key or this machine's clock is wrong",
	"RegionDisabledException": regionRemedy,
}

func (a AssumeRole) assume(ctx context.Context, base creds.Credentials) (creds.Credentials, error) {
	client := newClient(ctx, a.STS, creds.AWS(creds.Static{Credentials: base}))
	out, err := client.AssumeRole(ctx, a.input())
	if err != nil {
		return creds.Credentials{}, err
	}
	return newCredentials(out.Credentials, out.AssumedRoleUser, a.RoleARN, "assume-role("+base.Source+")")
}

func (a AssumeRole) input() *awssts.AssumeRoleInput {
	in := &awssts.AssumeRoleInput{
		RoleArn:           &a.RoleARN,
		RoleSessionName:   sessionName(a.SessionName),
		ExternalId:        optional(a.ExternalID),
		DurationSeconds:   seconds(a.Duration),
		Policy:            optional(a.Policy),
		TransitiveTagKeys: a.TransitiveTags,
		SourceIdentity:    optional(a.SourceIdentity),
		SerialNumber:      optional(a.SerialNumber),
		TokenCode:         optional(a.TokenCode),
	}
	for _, each := range a.PolicyARNs {
		in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: &each})
	}
	for key, value := range a.Tags {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value})
	}
	for _, each := range a.Contexts {
		in.ProvidedContexts = append(in.ProvidedContexts, types.ProvidedContext{
			ProviderArn:      &each.ProviderARN,
			ContextAssertion: &each.Assertion,
		})
	}
	return in
}
