package creds

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"
)

// Login provides the credentials of a session that "aws login" has opened, and
// refreshes them: they live 15 minutes.
type Login struct {
	SignIn  Service
	Session string // login_session of the profile
	Dir     string // of the CLI's cache, ~/.aws/login/cache
	Disk    Disk
	Now     func() time.Time
}

// loginFile is what the CLI writes; other fields stay as they are.
type loginFile struct {
	AccessToken  loginKey `json:"accessToken"`
	ClientID     string   `json:"clientId"`
	RefreshToken string   `json:"refreshToken"`
	DPoPKey      string   `json:"dpopKey"` // PEM
}

// loginKey is the key of a loginFile.
type loginKey struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	AccountID       string `json:"accountId"`
	ExpiresAt       string `json:"expiresAt"`
}

func (l Login) path() string {
	sum := sha256.Sum256([]byte(l.Session))
	return filepath.Join(l.Dir, hex.EncodeToString(sum[:])+".json")
}

// Retrieve returns the session's key, a new one if the old is about to end. It
// is never ErrNotConfigured.
func (l Login) Retrieve(ctx context.Context) (Credentials, error) {
	content, err := l.Disk.ReadFile(l.path())
	if err != nil {
		return Credentials{}, l.failure(err)
	}
	_, found, err := l.parse(content)
	if err != nil {
		return Credentials{}, l.failure(err)
	}
	if l.Now().Add(tokenWindow).Before(found.Expires) {
		return found, nil
	}
	fresh, err := l.refresh(ctx)
	if err != nil && found.Expired(l.Now()) {
		return Credentials{}, l.failure(err)
	}
	if err != nil {
		return found, nil
	}
	return fresh, nil
}

func (l Login) failure(err error) error {
	return fmt.Errorf("login session %s: %w; run: aws login", l.Session, err)
}

// parse quotes nothing of the content.
func (l Login) parse(content []byte) (file loginFile, found Credentials, err error) {
	if json.Unmarshal(content, &file) != nil {
		return file, found, fmt.Errorf("%s is not the JSON that the AWS CLI writes", l.path())
	}
	key := file.AccessToken
	for name, value := range map[string]string{
		"accessToken.accessKeyId": key.AccessKeyID, "accessToken.secretAccessKey": key.SecretAccessKey,
		"clientId": file.ClientID, "refreshToken": file.RefreshToken, "dpopKey": file.DPoPKey,
	} {
		if value == "" {
			return file, found, fmt.Errorf("%s has no %s", l.path(), name)
		}
	}
	expires, err := parseExpiry(key.ExpiresAt)
	if err != nil {
		return file, found, fmt.Errorf("%s: %w", l.path(), err)
	}
	return file, l.credentials(key, expires), nil
}

func (l Login) credentials(key loginKey, expires time.Time) Credentials {
	return Credentials{
		AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey, SessionToken: key.SessionToken,
		AccountID: key.AccountID, Expires: expires, Source: "login",
	}
}

// refresh makes a new key from the file as it is under the lock: another
// process may have been quicker, and the refresh token is good for one use.
func (l Login) refresh(ctx context.Context) (found Credentials, err error) {
	err = l.Disk.Update(ctx, l.path(), func(old []byte) ([]byte, error) {
		file, current, err := l.parse(old)
		if err != nil {
			return nil, err
		}
		if l.Now().Add(tokenWindow).Before(current.Expires) {
			found = current
			return nil, nil
		}
		out, err := l.create(ctx, file)
		if err != nil {
			return nil, err
		}
		expires := l.Now().Add(time.Duration(*out.ExpiresIn) * time.Second)
		key := loginKey{
			AccessKeyID: aws.ToString(out.AccessToken.AccessKeyId), SecretAccessKey: aws.ToString(out.AccessToken.SecretAccessKey),
			SessionToken: aws.ToString(out.AccessToken.SessionToken), AccountID: file.AccessToken.AccountID, ExpiresAt: expires.UTC().Format(time.RFC3339),
		}
		found = l.credentials(key, expires)
		return amend(old, map[string]any{"accessToken": key, "refreshToken": *out.RefreshToken})
	})
	return found, err
}

// create asks the sign-in service, proving that the session is ours.
func (l Login) create(ctx context.Context, file loginFile) (*types.CreateOAuth2TokenResponseBody, error) {
	key, err := parseECKey(file.DPoPKey)
	if err != nil {
		return nil, err
	}
	client := signin.New(signin.Options{
		Region: l.SignIn.Region, BaseEndpoint: l.SignIn.baseEndpoint(), HTTPClient: dpopClient{l.SignIn.HTTP, key, l.Now},
		EndpointOptions: signin.EndpointResolverOptions{UseFIPSEndpoint: l.SignIn.fips(), UseDualStackEndpoint: l.SignIn.dualStack()},
	})
	out, err := client.CreateOAuth2Token(ctx, &signin.CreateOAuth2TokenInput{TokenInput: &types.CreateOAuth2TokenRequestBody{
		ClientId: &file.ClientID, RefreshToken: &file.RefreshToken, GrantType: aws.String("refresh_token"),
	}})
	if err != nil {
		return nil, err
	}
	body := out.TokenOutput
	if body == nil || body.AccessToken == nil || body.ExpiresIn == nil || body.RefreshToken == nil {
		return nil, errors.New("the sign-in service answered without credentials")
	}
	return body, nil
}

// parseECKey reads the key that the session is bound to.
func parseECKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the dpopKey is no PEM")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil || key.Curve.Params().Name != "P-256" {
		return nil, errors.New("the dpopKey is no private key of the curve P-256")
	}
	return key, nil
}
