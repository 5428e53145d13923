package imds

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	tokenPath   = "/latest/api/token"
	tokenTTL    = 6 * time.Hour
	tokenMargin = 2 * time.Minute // a token is renewed this long before its expiry
	// v1Memory is how long the client uses version 1 after it failed to get a token. Then it notices a service that now
	// supports version 2.
	v1Memory = 5 * time.Minute
)

// sessionToken returns the token to send, "" for version 1.
func (c *Client) sessionToken(ctx context.Context) (string, error) {
	c.mu.Lock()
	now := c.opts.Now()
	token, valid := c.token, now.Before(c.expires)
	v1 := now.Before(c.v1Until)
	c.mu.Unlock()
	if valid {
		return token, nil
	}
	if v1 {
		return "", nil
	}
	token, err := c.retry(ctx, http.MethodPut, tokenPath, "")
	switch {
	case err == nil && token == "":
		return "", &Error{Path: tokenPath, Status: http.StatusOK, Err: errors.New("the session token is empty")}
	case err == nil:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.token, c.expires = token, now.Add(tokenTTL-tokenMargin)
		return token, nil
	case !suggestsV1(err) || ctx.Err() != nil:
		return "", err
	case c.opts.DisableV1:
		return "", withHint(err, "no session token was received, and the configuration disables version 1: "+
			"in a container, set the instance's hop limit to 2 or more")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.v1Until = now.Add(v1Memory)
	return "", nil
}

// suggestsV1 reports whether a failed token request may mean that there is only version 1: the service refuses the
// request as unknown, or its answer does not arrive (in a container, hop limit 1 drops the answers to PUT alone).
// Without a connection, there is no version 1 either.
func suggestsV1(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	case 0:
		return isTimeout(e.Err) && !isDial(e.Err)
	}
	return false
}

func withHint(err error, text string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Hint = text
	}
	return err
}

// forgetToken forgets a token that was refused, or that there is only version 1.
func (c *Client) forgetToken(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token, c.expires = "", time.Time{}
	}
	c.v1Until = time.Time{}
}
