package sts

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/creds"
)

// Identity is whom STS takes the owner of a key for.
type Identity struct {
	ARN     string // of the user, or of the assumed role's session
	Account string
	UserID  string // the unique ID, which is never used again for another user or role
}

// identityRemedies are for a key that STS refuses.
var identityRemedies = map[string]string{
	"InvalidClientTokenId": "correct the access key or make a new one: it does not exist, is disabled, lacks its " +
		"session token, or belongs to another AWS partition than this endpoint",
	"SignatureDoesNotMatch":   "correct the secret key, or this machine's clock",
	"ExpiredToken":            "renew the session that the key belongs to",
	"AccessDenied":            "allow sts:GetCallerIdentity in the policy of the VPC endpoint; the key may be good",
	"RegionDisabledException": regionRemedy,
}

// CallerIdentity asks STS whom credentials belong to. No permission is needed for it, but the policy of a VPC endpoint
// may deny it, which says nothing about the key: see
// creds.Denied.
func CallerIdentity(ctx context.Context, s creds.Service, c creds.Credentials) (Identity, error) {
	client := newClient(ctx, s, creds.AWS(creds.Static{Credentials: c}))
	out, err := client.GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, fmt.Errorf("identity of %s: %w", c, creds.WithRemedy(err, identityRemedies))
	}
	if out.Arn == nil {
		return Identity{}, fmt.Errorf("identity of %s: STS answered without an ARN", c)
	}
	return Identity{ARN: *out.Arn, Account: aws.ToString(out.Account), UserID: aws.ToString(out.UserId)}, nil
}
