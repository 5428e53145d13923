package creds

import (
	"context"
	"fmt"
)

// Static provides fixed credentials.
type Static struct{ Credentials Credentials }

// Retrieve returns the credentials. Incomplete ones are ErrNotConfigured.
func (s Static) Retrieve(context.Context) (Credentials, error) {
	c := s.Credentials
	if c.Source == "" {
		c.Source = "static"
	}
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return Credentials{}, fmt.Errorf("static credentials: %w", ErrNotConfigured)
	}
	return c, nil
}
