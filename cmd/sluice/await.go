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

// askEvery is how often a sidecar is asked whether it honours a grant: seldom enough that it does not
// take us for a peer that guesses.
const askEvery = 200 * time.Millisecond

// await waits until the running sidecar honours a grant, which an application's first request shall find
// in force: SDKs do not ask again after a 401. It is not an error if there is no sidecar.
func (g *wanted) await(ctx context.Context, w world, token string, grants grantFolder) error {
	if g.wait <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	again := time.NewTicker(askEvery)
	defer again.Stop()
	why := "it does not answer"
	for {
		honoured, err := askSidecar(ctx, g.sidecar, token)
		switch {
		case honoured:
			return nil
		case ctx.Err() != nil: // which may be why it failed
		case errors.As(err, new(*net.OpError)):
			fmt.Fprintf(w.stderr,
				"no sidecar answers at %s: the grant is in force when \"sluice serve\" runs (%v)\n", g.sidecar, err)
			return nil
		case err != nil:
			return fmt.Errorf("--sidecar %s: %w", g.sidecar, err)
		default:
			why = "it does not know the token"
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the sidecar at %s does not honour the grant within %v: %s; does it run with --grants %s?",
				g.sidecar, g.wait, why, string(grants))
		}
	}
}

// askSidecar asks for a key with a token. 503 and 403 are answers for a grant in force, too:
// there is no key just now, or its time is over already.
func askSidecar(ctx context.Context, url, token string) (honoured bool, err error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if socket, is := strings.CutPrefix(url, "unix:"); is {
		url = "http://localhost/_aws/credentials"
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
		client.Transport = &http.Transport{DisableKeepAlives: true, DialContext: dial}
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
	return false, fmt.Errorf("it answers %s: write the address of a listener with the face process, and /_aws/credentials",
		resp.Status)
}
