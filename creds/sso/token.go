package sso

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

	"sluice/creds"
	"sluice/creds/disk"
)

// Token provides the access token that "aws sso login" has fetched. It refreshes the token if that belongs to a session
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html).
type Token struct {
	OIDC     creds.Service
	Session  string // name of an sso-session section; "" for the older form, which is never refreshed
	StartURL string
	Dir      string // the CLI's cache, ~/.aws/sso/cache
	Disk     disk.FS
	Now      func() time.Time
}

// tokenFile is what the CLI writes. Its other fields are left as they are.
type tokenFile struct {
	AccessToken           string `json:"accessToken"`
	ExpiresAt             string `json:"expiresAt"`
	RefreshToken          string `json:"refreshToken"`
	ClientID              string `json:"clientId"`
	ClientSecret          string `json:"clientSecret"`
	RegistrationExpiresAt string `json:"registrationExpiresAt"`
}

// path returns the token's file, which the CLI names after a hash.
func (t Token) path() string {
	name := t.StartURL
	if t.Session != "" {
		name = t.Session
	}
	sum := sha1.Sum([]byte(name))
	return filepath.Join(t.Dir, hex.EncodeToString(sum[:])+".json")
}

// remedy says what to do about a token that cannot be used.
func (t Token) remedy() string {
	if t.Session != "" {
		return "run: aws sso login --sso-session " + t.Session
	}
	return "run aws sso login with the profile, or use an sso-session, whose token can be refreshed"
}

// Retrieve returns the token. It refreshes one that is about to expire; if that fails, it returns the old one while
// that is valid.
func (t Token) Retrieve(ctx context.Context) (string, error) {
	content, err := t.Disk.ReadFile(t.path())
	if err != nil {
		return "", fmt.Errorf("SSO token: %w; %s", err, t.remedy())
	}
	file, expires, err := t.parse(content)
	if err != nil {
		return "", err
	}
	if !needsRefresh(expires, t.Now()) {
		return file.AccessToken, nil
	}
	refreshed, refreshErr := t.refresh(ctx)
	switch {
	case refreshErr == nil:
		return refreshed, nil
	case t.Now().Before(expires):
		return file.AccessToken, nil
	}
	return "", fmt.Errorf("SSO token expired at %s and cannot be refreshed: %w; %s",
		expires.UTC().Format(time.RFC3339), refreshErr, t.remedy())
}

// parse reads a token file. Its errors quote nothing of the content.
func (t Token) parse(content []byte) (file tokenFile, expires time.Time, err error) {
	if json.Unmarshal(content, &file) != nil || file.AccessToken == "" {
		err = errors.New("it is not the JSON that the AWS CLI writes")
	} else {
		expires, err = parseExpiry(file.ExpiresAt)
	}
	if err != nil {
		return file, expires, fmt.Errorf("SSO token file %s: %w; %s", t.path(), err, t.remedy())
	}
	return file, expires, nil
}

// refresh replaces the token, starting from the file as it is under the lock: another process may have refreshed it
// already.
func (t Token) refresh(ctx context.Context) (token string, err error) {
	if t.Session == "" {
		return "", errors.New("a token without an sso-session has no refresh token")
	}
	err = t.Disk.Update(ctx, t.path(), func(old []byte) ([]byte, error) {
		file, expires, err := t.parse(old)
		if err != nil {
			return nil, err
		}
		if !needsRefresh(expires, t.Now()) {
			token = file.AccessToken
			return nil, nil
		}
		out, err := t.create(ctx, file)
		if err != nil {
			return nil, err
		}
		token = aws.ToString(out.AccessToken)
		expires = t.Now().Add(time.Duration(out.ExpiresIn) * time.Second)
		changes := map[string]any{"accessToken": token, "expiresAt": expires.UTC().Format(time.RFC3339)}
		if out.RefreshToken != nil {
			changes["refreshToken"] = *out.RefreshToken
		}
		return setFields(old, changes)
	})
	return token, err
}

// create asks the OIDC service for a new token.
func (t Token) create(ctx context.Context, file tokenFile) (*ssooidc.CreateTokenOutput, error) {
	if file.RefreshToken == "" || file.ClientID == "" || file.ClientSecret == "" {
		return nil, errors.New("the file has no refresh token or no client registration")
	}
	if expires, err := parseExpiry(file.RegistrationExpiresAt); err == nil && !t.Now().Before(expires) {
		return nil, errors.New("the client registration has expired")
	}
	client := ssooidc.New(ssooidc.Options{
		Region:       t.OIDC.Region,
		BaseEndpoint: t.OIDC.BaseEndpoint(),
		HTTPClient:   t.OIDC.HTTP,
		EndpointOptions: ssooidc.EndpointResolverOptions{
			UseFIPSEndpoint:      t.OIDC.UseFIPSEndpoint(),
			UseDualStackEndpoint: t.OIDC.UseDualStackEndpoint(),
		},
	})
	out, err := client.CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId:     &file.ClientID,
		ClientSecret: &file.ClientSecret,
		RefreshToken: &file.RefreshToken,
		GrantType:    aws.String("refresh_token"),
	})
	if err == nil && (aws.ToString(out.AccessToken) == "" || out.ExpiresIn <= 0) {
		return nil, errors.New("the service answered without a token")
	}
	return out, err
}
