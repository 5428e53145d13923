package creds

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
)

// tokenWindow is how long before its end a token is refreshed.
const tokenWindow = 5 * time.Minute

// SSOToken keeps the token that "aws sso login" has fetched, and refreshes it if
// it is of a session
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html).
type SSOToken struct {
	OIDC     Service
	Session  string // of an sso-session section; "" for the old form, which is never refreshed
	StartURL string
	Dir      string // of the CLI's cache, ~/.aws/sso/cache
	Disk     Disk
	Now      func() time.Time
}

// ssoFile is what the CLI writes; other fields stay as they are.
type ssoFile struct {
	AccessToken           string `json:"accessToken"`
	ExpiresAt             string `json:"expiresAt"`
	RefreshToken          string `json:"refreshToken"`
	ClientID              string `json:"clientId"`
	ClientSecret          string `json:"clientSecret"`
	RegistrationExpiresAt string `json:"registrationExpiresAt"`
}

// path of the token: the CLI names it by a hash.
func (t SSOToken) path() string {
	name := t.StartURL
	if t.Session != "" {
		name = t.Session
	}
	sum := sha1.Sum([]byte(name))
	return filepath.Join(t.Dir, hex.EncodeToString(sum[:])+".json")
}

// login is what to do about a token that is no good.
func (t SSOToken) login() string {
	if t.Session != "" {
		return "run: aws sso login --sso-session " + t.Session
	}
	return "run aws sso login with the profile, or use an sso-session, whose token can be refreshed"
}

// Retrieve returns the token. It refreshes one that is about to end; if that
// fails, the old one is good while it lives.
func (t SSOToken) Retrieve(ctx context.Context) (string, error) {
	content, err := t.Disk.ReadFile(t.path())
	if err != nil {
		return "", fmt.Errorf("SSO token: %w; %s", err, t.login())
	}
	file, expires, err := t.parse(content)
	if err != nil {
		return "", err
	}
	if t.Now().Add(tokenWindow).Before(expires) {
		return file.AccessToken, nil
	}
	fresh, refreshErr := t.refresh(ctx)
	switch {
	case refreshErr == nil:
		return fresh, nil
	case t.Now().Before(expires):
		return file.AccessToken, nil
	}
	return "", fmt.Errorf("SSO token expired at %s and cannot be refreshed: %w; %s", expires.UTC().Format(time.RFC3339), refreshErr, t.login())
}

// parse quotes nothing of the content.
func (t SSOToken) parse(content []byte) (file ssoFile, expires time.Time, err error) {
	if json.Unmarshal(content, &file) != nil || file.AccessToken == "" {
		return file, expires, fmt.Errorf("SSO token file %s is not the JSON that the AWS CLI writes; %s", t.path(), t.login())
	}
	if expires, err = parseExpiry(file.ExpiresAt); err != nil {
		return file, expires, fmt.Errorf("SSO token file %s: %w; %s", t.path(), err, t.login())
	}
	return file, expires, nil
}

// parseExpiry takes RFC 3339, and what versions of the CLI wrote before.
func parseExpiry(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05UTC"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("its expiresAt is no time of RFC 3339")
}

// refresh makes a new token from the file as it is under the lock: another
// process may have been quicker.
func (t SSOToken) refresh(ctx context.Context) (token string, err error) {
	if t.Session == "" {
		return "", errors.New("tokens without an sso-session have no refresh token")
	}
	err = t.Disk.Update(ctx, t.path(), func(old []byte) ([]byte, error) {
		file, expires, err := t.parse(old)
		if err != nil {
			return nil, err
		}
		if t.Now().Add(tokenWindow).Before(expires) {
			token = file.AccessToken
			return nil, nil
		}
		out, err := t.create(ctx, file)
		if err != nil {
			return nil, err
		}
		token = aws.ToString(out.AccessToken)
		changes := map[string]any{"accessToken": token, "expiresAt": t.Now().Add(time.Duration(out.ExpiresIn) * time.Second).UTC().Format(time.RFC3339)}
		if out.RefreshToken != nil {
			changes["refreshToken"] = *out.RefreshToken
		}
		return amend(old, changes)
	})
	return token, err
}

// create asks the OIDC service.
func (t SSOToken) create(ctx context.Context, file ssoFile) (*ssooidc.CreateTokenOutput, error) {
	if file.RefreshToken == "" || file.ClientID == "" || file.ClientSecret == "" {
		return nil, errors.New("the file has no refresh token or no client registration")
	}
	if ends, err := parseExpiry(file.RegistrationExpiresAt); err == nil && !t.Now().Before(ends) {
		return nil, errors.New("the client registration has expired")
	}
	client := ssooidc.New(ssooidc.Options{
		Region: t.OIDC.Region, BaseEndpoint: t.OIDC.baseEndpoint(), HTTPClient: t.OIDC.HTTP,
		EndpointOptions: ssooidc.EndpointResolverOptions{UseFIPSEndpoint: t.OIDC.fips(), UseDualStackEndpoint: t.OIDC.dualStack()},
	})
	out, err := client.CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: &file.ClientID, ClientSecret: &file.ClientSecret, RefreshToken: &file.RefreshToken, GrantType: aws.String("refresh_token"),
	})
	if err == nil && (aws.ToString(out.AccessToken) == "" || out.ExpiresIn <= 0) {
		return nil, errors.New("the service answered without a token")
	}
	return out, err
}

// amend changes top-level fields of a JSON object and keeps the others.
func amend(object []byte, changes map[string]any) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, errors.New("the file is no JSON object")
	}
	for name, value := range changes {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		fields[name] = text
	}
	return json.MarshalIndent(fields, "", "  ")
}
