package creds

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// WebIdentity provides the credentials of a role that a token of an OpenID
// Connect provider may assume: IAM roles for service accounts (IRSA) on EKS.
type WebIdentity struct {
	STS         Service
	RoleARN     string
	SessionName string        // default DefaultSessionName
	Duration    time.Duration // default: one hour, as STS has it
	TokenFile   string        // read anew for each try: Kubernetes rotates it
	ReadFile    func(path string) ([]byte, error)
	Now         func() time.Time
}

// webIdentityTries is how often STS is asked when the token is rotated under our
// hands.
const webIdentityTries = 3

// Retrieve calls STS. It is never ErrNotConfigured.
func (w WebIdentity) Retrieve(ctx context.Context) (Credentials, error) {
	w = w.withDefaults()
	for try := 1; ; try++ {
		token, err := w.token()
		if err != nil {
			return Credentials{}, err
		}
		found, err := w.assume(ctx, token)
		if err == nil {
			return found, nil
		}
		if try == webIdentityTries || !w.rotated(err, token) {
			return Credentials{}, w.explain(err, token)
		}
	}
}

func (w WebIdentity) withDefaults() WebIdentity {
	if w.ReadFile == nil {
		w.ReadFile = os.ReadFile
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	return w
}

func (w WebIdentity) token() (string, error) {
	content, err := w.ReadFile(w.TokenFile)
	if err != nil {
		return "", fmt.Errorf("web identity for role %s: read its token file: %w", w.RoleARN, err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("web identity for role %s: token file %s is empty", w.RoleARN, w.TokenFile)
	}
	return token, nil
}

func (w WebIdentity) assume(ctx context.Context, token string) (Credentials, error) {
	out, err := newSTS(w.STS, nil).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &w.RoleARN, RoleSessionName: sessionName(w.SessionName), WebIdentityToken: &token, DurationSeconds: seconds(w.Duration),
	})
	if err != nil {
		return Credentials{}, err
	}
	return fromSTS(out.Credentials, out.AssumedRoleUser, w.RoleARN, "web-identity")
}

// rotated tells whether STS has refused a token that the file does not have any
// more. That the identity provider cannot be reached is tried again by the SDK.
func (w WebIdentity) rotated(err error, token string) bool {
	if !tokenRefused(err) {
		return false
	}
	now, readErr := w.token()
	return readErr == nil && now != token
}

func tokenRefused(err error) bool {
	code := ErrorCode(err)
	return code == "InvalidIdentityToken" || code == "ExpiredTokenException"
}

// explain names the usual reason for a refusal: a token that nobody rotates.
func (w WebIdentity) explain(err error, token string) error {
	err = withRemedy(err, map[string]string{
		"AccessDenied":            "the role's trust policy must allow this identity provider, subject and audience",
		"RegionDisabledException": regionRemedy,
	})
	expires, known := tokenExpiry(token)
	if known && tokenRefused(err) && !w.Now().Before(expires) {
		err = fmt.Errorf("%w (the token expired at %s: Kubernetes rotates the file of a projected volume only, or this machine's clock is wrong)",
			err, expires.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("web identity for role %s with token file %s: %w", w.RoleARN, w.TokenFile, err)
}
