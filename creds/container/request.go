package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"

	"sluice/creds/internal/document"
)

// retry repeats a request after a 429, a 5xx or a broken connection. It does not repeat one that timed out: its caller
// has waited long enough.
func (p *Provider) retry(ctx context.Context, uri *url.URL) (document.Keys, error) {
	transport := p.transport(uri.Scheme)
	for attempt := 1; ; attempt++ {
		keys, err := p.ask(ctx, transport, uri)
		if err == nil || attempt == attempts || !retryable(err) || ctx.Err() != nil {
			return keys, err
		}
		backoff := baseBackoff << attempt
		if p.pause(ctx, backoff/2+rand.N(backoff/2)) != nil {
			return document.Keys{}, err
		}
	}
}

// ask makes one request.
func (p *Provider) ask(ctx context.Context, transport http.RoundTripper, uri *url.URL) (document.Keys, error) {
	late := fmt.Errorf("no answer within %v: %w", requestTimeout, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, late)
	defer cancel()
	req, err := p.newRequest(ctx, uri)
	if err != nil {
		return document.Keys{}, err
	}
	// An http.Client would follow redirects and put the path into its errors.
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return document.Keys{}, transportError(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return document.Keys{}, newStatusError(resp.StatusCode, body)
	case err != nil:
		return document.Keys{}, transportError(ctx, err)
	case len(body) > maxAnswer:
		return document.Keys{}, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	date, _ := http.ParseTime(resp.Header.Get("Date")) // zero if there is none
	keys, err := document.ParseMetadata(body)
	if err == nil {
		err = keys.Check(document.Clocks{Machine: p.now(), Server: date, Learn: p.Learn})
	}
	return keys, err
}

func (p *Provider) newRequest(ctx context.Context, uri *url.URL) (*http.Request, error) {
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri.String(), nil)
	if err != nil {
		return nil, errors.New("no request can be made to its URI") // err would quote the path
	}
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	return req, nil
}
