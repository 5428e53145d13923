package imds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const maxBody = 64 << 10

var errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxBody)

// retry makes a request, and repeats it after a 429, a 5xx or a broken connection. Networks without a metadata service
// time out, and callers wait long enough for one time-out: it is repeated only if the service has answered before.
func (c *Client) retry(ctx context.Context, method, path, token string) (string, error) {
	for attempt := 1; ; attempt++ {
		body, err := c.ask(ctx, method, path, token)
		if err == nil {
			return body, nil // not err itself: a nil *Error is not a nil error
		}
		if attempt == c.opts.Attempts || !c.retryable(method, err) || ctx.Err() != nil {
			return "", err
		}
		backoff := 50 * time.Millisecond << attempt
		if c.opts.Pause(ctx, backoff/2+rand.N(backoff/2)) != nil {
			return "", err
		}
	}
}

func (c *Client) retryable(method string, err *Error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err.Err != nil {
		silent := isTimeout(err.Err) || isDial(err.Err)
		return (c.answered[method] || !silent) && !errors.Is(err.Err, errTooLong)
	}
	return err.Status == http.StatusTooManyRequests || err.Status >= 500
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// isDial reports whether no connection was established.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// ask makes one request.
func (c *Client) ask(ctx context.Context, method, path, token string) (string, *Error) {
	ctx, cancel := context.WithTimeout(ctx, 2*c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.opts.Endpoint+path, nil)
	if err != nil {
		return "", &Error{Path: path, Err: err}
	}
	if method == http.MethodPut {
		req.Header.Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", strconv.Itoa(int(tokenTTL/time.Second)))
	}
	if token != "" {
		req.Header.Set("X-Aws-Ec2-Metadata-Token", token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", &Error{Path: path, Err: SafeError(err)}
	}
	defer resp.Body.Close()
	c.noteAnswer(method, resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return "", &Error{Path: path, Status: resp.StatusCode}
	case err != nil:
		return "", &Error{Path: path, Status: resp.StatusCode, Err: SafeError(err)}
	case len(body) > maxBody:
		return "", &Error{Path: path, Status: resp.StatusCode, Err: errTooLong}
	}
	return string(body), nil
}

func (c *Client) noteAnswer(method, date string) {
	t, err := http.ParseTime(date)
	if err != nil {
		t = time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serverTime, c.answered[method] = t, true
}

// Pause waits for d, or returns ctx's error. It is the default of Options.Pause.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
