package testenv

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"

	"github.com/versity/versitygw/auth"
)

// role is the S3 server's view of one instance role: temporary keys, which are valid only together
// with their session token. The server knows its root account by itself.
type role struct {
	auth.IAMService
	keys Keys
}

func newRole(owner, keys Keys) role {
	root := auth.Account{Access: owner.AccessKeyID, Secret: owner.SecretAccessKey, Role: auth.RoleAdmin}
	return role{IAMService: auth.NewIAMServiceSingle(root), keys: keys}
}

// DeriveSigningKey makes role an auth.SigningKeyProvider, the interface through which versitygw
// accepts a session token at all.
func (r role) DeriveSigningKey(access, token, date, region, service string) ([]byte, auth.Account, error) {
	if access != r.keys.AccessKeyID {
		return nil, auth.Account{}, auth.ErrNoSuchUser
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(r.keys.SessionToken)) == 0 {
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	}
	key := SigningKey(r.keys.SecretAccessKey, date, region, service)
	return key, auth.Account{Access: access, Role: auth.RoleAdmin, SessionToken: token, IsSession: true}, nil
}

// SigningKey is step 2 of AWS's "Create a signed AWS API request" (Signature Version 4),
// for those who implement auth.SigningKeyProvider.
func SigningKey(secret, date, region, service string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{date, region, service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}
