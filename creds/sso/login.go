package sso

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"

	"sluice/creds"
	"sluice/creds/disk"
)

// Login provides the credentials of a session that "aws login" has opened, and refreshes them: they live 15 minutes.
type Login struct {
	SignIn  creds.Service
	Session string // the profile's login_session
	Dir     string // the CLI's cache, ~/.aws/login/cache
	Disk    disk.FS
	Now     func() time.Time
}

// loginFile is what the CLI writes. Its other fields are left as they are.
type loginFile struct {
	AccessToken  loginKey `json:"accessToken"`
	ClientID     string   `json:"clientId"`
	RefreshToken string   `json:"refreshToken"`
	DPoPKey      string   `json:"dpopKey"` // PEM
}

// loginKey is the key in a loginFile.
type loginKey struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	AccountID       string `json:"accountId"`
	ExpiresAt       string `json:"expiresAt"`
}

func (k loginKey) credentials(expires time.Time) creds.Credentials {
	return creds.Credentials{
		AccessKeyID:     k.AccessKeyID,
		SecretAccessKey: k.SecretAccessKey,
		SessionToken:    k.SessionToken,
		AccountID:       k.AccountID,
		Expires:         expires,
		Source:          "login",
	}
}

// path returns the session's file, which the CLI names after a hash.
func (l Login) path() string {
	sum := sha256.Sum256([]byte(l.Session))
	return filepath.Join(l.Dir, hex.EncodeToString(sum[:])+".json")
}

// Retrieve returns the session's key, and refreshes one that is about to expire. Its error is never
// creds.ErrNotConfigured.
func (l Login) Retrieve(ctx context.Context) (creds.Credentials, error) {
	content, err := l.Disk.ReadFile(l.path())
	if err != nil {
		return creds.Credentials{}, l.failure(err)
	}
	_, found, err := l.parse(content)
	if err != nil {
		return creds.Credentials{}, l.failure(err)
	}
	if !needsRefresh(found.Expires, l.Now()) {
		return found, nil
	}
	refreshed, err := l.refresh(ctx)
	switch {
	case err == nil:
		return refreshed, nil
	case !found.Expired(l.Now()):
		return found, nil
	}
	return creds.Credentials{}, l.failure(err)
}

func (l Login) failure(err error) error {
	return fmt.Errorf("login session %s: %w; run: aws login", l.Session, err)
}

// parse reads a session's file. Its errors quote nothing of the content.
func (l Login) parse(content []byte) (file loginFile, found creds.Credentials, err error) {
	if json.Unmarshal(content, &file) != nil {
		return file, found, fmt.Errorf("%s is not the JSON that the AWS CLI writes", l.path())
	}
	for name, value := range map[string]string{
		"accessToken.accessKeyId":     file.AccessToken.AccessKeyID,
		"accessToken.secretAccessKey": file.AccessToken.SecretAccessKey,
		"clientId":                    file.ClientID,
		"refreshToken":                file.RefreshToken,
		"dpopKey":                     file.DPoPKey,
	} {
		if value == "" {
			return file, found, fmt.Errorf("%s has no %s", l.path(), name)
		}
	}
	expires, err := parseExpiry(file.AccessToken.ExpiresAt)
	if err != nil {
		return file, found, fmt.Errorf("%s: %w", l.path(), err)
	}
	return file, file.AccessToken.credentials(expires), nil
}

// refresh makes a new key from the file as it is under the lock: another process may have refreshed it already, and a
// refresh token works once.
func (l Login) refresh(ctx context.Context) (found creds.Credentials, err error) {
	err = l.Disk.Update(ctx, l.path(), func(old []byte) ([]byte, error) {
		file, current, err := l.parse(old)
		if err != nil {
			return nil, err
		}
		if !needsRefresh(current.Expires, l.Now()) {
			found = current
			return nil, nil
		}
		out, err := l.create(ctx, file)
		if err != nil {
			return nil, err
		}
		expires := l.Now().Add(time.Duration(*out.ExpiresIn) * time.Second)
		key := loginKey{
			AccessKeyID:     aws.ToString(out.AccessToken.AccessKeyId),
			SecretAccessKey: aws.ToString(out.AccessToken.SecretAccessKey),
			SessionToken:    aws.ToString(out.AccessToken.SessionToken),
			AccountID:       file.AccessToken.AccountID,
			ExpiresAt:       expires.UTC().Format(time.RFC3339),
		}
		found = key.credentials(expires)
		return setFields(old, map[string]any{"accessToken": key, "refreshToken": *out.RefreshToken})
	})
	return found, err
}

// create asks the sign-in service for a new key, and proves that the session is ours.
func (l Login) create(ctx context.Context, file loginFile) (*types.CreateOAuth2TokenResponseBody, error) {
	key, err := parseECKey(file.DPoPKey)
	if err != nil {
		return nil, err
	}
	client := signin.New(signin.Options{
		Region:       l.SignIn.Region,
		BaseEndpoint: l.SignIn.BaseEndpoint(),
		HTTPClient:   dpopClient{l.SignIn.HTTP, key, l.Now},
		EndpointOptions: signin.EndpointResolverOptions{
			UseFIPSEndpoint:      l.SignIn.UseFIPSEndpoint(),
			UseDualStackEndpoint: l.SignIn.UseDualStackEndpoint(),
		},
	})
	request := &types.CreateOAuth2TokenRequestBody{
		ClientId:     &file.ClientID,
		RefreshToken: &file.RefreshToken,
		GrantType:    aws.String("refresh_token"),
	}
	out, err := client.CreateOAuth2Token(ctx, &signin.CreateOAuth2TokenInput{TokenInput: request})
	if err != nil {
		return nil, err
	}
	body := out.TokenOutput
	if body == nil || body.AccessToken == nil || body.ExpiresIn == nil || body.RefreshToken == nil {
		return nil, errors.New("the sign-in service answered without credentials")
	}
	return body, nil
}
