package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// pollInterval is how often the sidecar is asked whether it accepts a grant: rarely
// enough that it does not take us for a peer that guesses tokens.
const pollInterval = 200 * time.Millisecond

// waitForSidecar waits until the running sidecar accepts a grant's token, so that
// the application's first request does not come too early: SDKs do not retry after
// a 401. It is not an error if no sidecar runs.
func (g *grantRequest) waitForSidecar(ctx context.Context, w world, token string, grants grantFolder) error {
	if g.wait <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	p := newWaiting(w.stderr, "waiting for the sidecar", g.wait)
	defer p.end()
	reason := "it does not answer"
	for {
		accepted, err := askSidecar(ctx, g.sidecar, token)
		switch {
		case accepted:
			return nil
		case ctx.Err() != nil: // which may be why it failed
		case errors.As(err, new(*net.OpError)):
			fmt.Fprintf(p.above(w.stderr),
				"no sidecar answers at %s: the grant takes effect when \"sluice serve\" runs (%v)\n", g.sidecar, err)
			return nil
		case err != nil:
			return fmt.Errorf("--sidecar %s: %w", g.sidecar, err)
		default:
			reason = "it does not know the token"
		}
		select {
		case <-poll.C:
			p.add(int64(pollInterval))
		case <-ctx.Done():
			return fmt.Errorf("the sidecar at %s did not accept the grant within %v: %s; does it run with --grants %s?",
				g.sidecar, g.wait, reason, string(grants))
		}
	}
}

// askSidecar asks for a key, and reports whether the token was accepted. It also was
// if the answer is 503 or 403: there is no key at the moment, or the grant has
// expired.
func askSidecar(ctx context.Context, url, token string) (accepted bool, err error) {
	transport := &http.Transport{DisableKeepAlives: true}
	if socket, is := strings.CutPrefix(url, "unix:"); is {
		url = "http://localhost/_aws/credentials"
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return false, err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusForbidden, http.StatusServiceUnavailable:
		return true, nil
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		return false, nil
	}
	return false, fmt.Errorf("it answers %s: "+
		"write the address of a listener with the face process, followed by /_aws/credentials", resp.Status)
}
