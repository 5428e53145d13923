package creds

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Env provides the credentials of the environment. Blank variables count as absent.
type Env struct{ Getenv func(string) string }

// Retrieve reads the variables each time.
func (e Env) Retrieve(context.Context) (Credentials, error) {
	get := func(name string) string { return strings.TrimSpace(e.Getenv(name)) }
	id, secret := get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")
	switch {
	case id == "" && secret == "":
		return Credentials{}, fmt.Errorf("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", ErrNotConfigured)
	case id == "":
		return Credentials{}, errors.New("AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not: " +
			"set both or neither")
	case secret == "":
		return Credentials{}, errors.New("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not: " +
			"set both or neither")
	}
	return Credentials{
		AccessKeyID:     id,
		SecretAccessKey: secret,
		SessionToken:    get("AWS_SESSION_TOKEN"),
		AccountID:       get("AWS_ACCOUNT_ID"),
		Source:          "environment",
	}, nil
}
