package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/creds"
)

// WebIdentity provides the credentials of a role that the token of an OpenID Connect provider may assume: IAM roles for
// service accounts (IRSA) on EKS.
type WebIdentity struct {
	STS         creds.Service
	RoleARN     string
	SessionName string                            // default DefaultSessionName
	Duration    time.Duration                     // default 1 h, which is STS's own
	TokenFile   string                            // read for each attempt, since Kubernetes rotates it
	ReadFile    func(path string) ([]byte, error) // default os.ReadFile
	Now         func() time.Time                  // default time.Now
}

// webIdentityAttempts bounds how often STS is asked when the token is rotated during a request.
const webIdentityAttempts = 3

// Retrieve calls STS. Its error is never creds.ErrNotConfigured.
func (w WebIdentity) Retrieve(ctx context.Context) (creds.Credentials, error) {
	w = w.withDefaults()
	for attempt := 1; ; attempt++ {
		token, err := w.token()
		if err != nil {
			return creds.Credentials{}, err
		}
		found, err := w.assume(ctx, token)
		if err == nil {
			return found, nil
		}
		if attempt == webIdentityAttempts || !w.rotated(err, token) {
			return creds.Credentials{}, w.explain(err, token)
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
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w (let this process's user read it: on Kubernetes, set fsGroup in the pod's "+
			"securityContext)", err)
	}
	if err != nil {
		return "", fmt.Errorf("web identity for role %s: read its token file: %w", w.RoleARN, err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("web identity for role %s: token file %s is empty: "+
			"mount a projected service account token there", w.RoleARN, w.TokenFile)
	}
	return token, nil
}

func (w WebIdentity) assume(ctx context.Context, token string) (creds.Credentials, error) {
	out, err := newClient(ctx, w.STS, nil).AssumeRoleWithWebIdentity(ctx, &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn:          &w.RoleARN,
		RoleSessionName:  sessionName(w.SessionName),
		WebIdentityToken: &token,
		DurationSeconds:  seconds(w.Duration),
	})
	if err != nil {
		return creds.Credentials{}, err
	}
	return newCredentials(out.Credentials, out.AssumedRoleUser, w.RoleARN, "web-identity")
}

// rotated reports whether STS refused a token that is no longer in the file. The SDK itself retries when the identity
// provider cannot be reached.
func (w WebIdentity) rotated(err error, token string) bool {
	if !tokenRefused(err) {
		return false
	}
	current, readErr := w.token()
	return readErr == nil && current != token
}

func tokenRefused(err error) bool {
	code := creds.ErrorCode(err)
	return code == "InvalidIdentityToken" || code == "ExpiredTokenException"
}

var webIdentityRemedies = map[string]string{
	"AccessDenied":            "the role's trust policy must allow this identity provider, subject and audience",
	"RegionDisabledException": regionRemedy,
}

// explain adds the usual reason for a refusal: a token that is not rotated.
func (w WebIdentity) explain(err error, token string) error {
	err = creds.WithRemedy(err, webIdentityRemedies)
	expires, known := tokenExpiry(token)
	if known && tokenRefused(err) && !w.Now().Before(expires) {
		err = fmt.Errorf("%w (the token expired at %s: mount it from a projected volume, since Kubernetes rotates no "+
			"other, or set this machine's clock right)", err, expires.UTC().Format(time.RFC3339))
	}
	return fmt.Errorf("web identity for role %s with token file %s: %w", w.RoleARN, w.TokenFile, err)
}
