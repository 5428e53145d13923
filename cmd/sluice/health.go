package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// healthTimeout is shorter than orchestrators wait for a probe.
const healthTimeout = 5 * time.Second

// checkHealth prints a sidecar's health, and returns an error unless it is healthy.
// It is a probe for images that contain no other program.
func checkHealth(ctx context.Context, w world, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("--health: %w", err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w.stdout, io.LimitReader(resp.Body, 1<<10)); err != nil {
		return fmt.Errorf("read health: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sidecar answers %s", resp.Status)
	}
	return nil
}
