package output

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"sluice/creds"
	"sluice/internal/contain"
	"sluice/output/s3"
	"sluice/output/status"
)

// keys is the output's provider. It remembers what it returned last.
type keys struct {
	creds.Provider
	out  *Output
	last atomic.Pointer[creds.Credentials] // nil before the first, and while there are none
}

// Retrieve implements creds.Provider.
func (k *keys) Retrieve(ctx context.Context) (creds.Credentials, error) {
	c, err := k.Provider.Retrieve(ctx)
	now := k.out.opts.Now()
	if err != nil {
		if ctx.Err() == nil {
			k.out.counters.noCredentials.Add(1)
			k.last.Store(nil)
			k.out.health.report(noKey, s3.WithoutCredentials(err).Cause, explainKeys(k.out.opts.Config.Profile), now)
		}
		return c, err
	}
	k.last.Store(&c)
	if _, ended := k.out.health.resolve(noKey, now); ended {
		k.out.opts.Log.Info("found AWS credentials", "credentials", c)
	}
	return c, nil
}

// explainKeys is the remedy for credentials that cannot be found, of a profile if one is
// configured.
func explainKeys(profile string) string {
	command := "sluice creds explain"
	if profile != "" {
		command += " --profile '" + profile + "'"
	}
	return fmt.Sprintf(`run "%s" as Fluent Bit's user to see why`, command)
}

// explain returns what an error of an upload means.
func (o *Output) explain(err error) s3.Failure {
	f := s3.Explain(err)
	if s3.MissingCredentials(err) {
		f.Remedy = explainKeys(o.opts.Config.Profile)
	}
	return f
}

// Invalidate implements creds.Invalidator.
func (k *keys) Invalidate(used creds.Credentials) bool {
	source, ok := k.Provider.(creds.Invalidator)
	if !ok || !source.Invalidate(used) {
		return false
	}
	k.out.counters.noCredentials.Add(1)
	return true
}

// fill writes the source and the end of the key into a status.
func (k *keys) fill(s *status.Status, now time.Time) {
	c := k.last.Load()
	switch {
	case c == nil:
	case !c.CanExpire():
		s.CredentialsSource, s.CredentialsExpiry = c.Source, status.Never
	default:
		s.CredentialsSource, s.CredentialsExpiry = c.Source, status.SecondsOf(c.Expires.Sub(now))
	}
}

// keyInterval is how often an output that uploads nothing looks at its key.
const keyInterval = 10 * time.Second

// watchKey retrieves the key every keyInterval until ctx ends, so that its end or loss is
// known before the next upload needs it. Sources keep what is fresh.
func (o *Output) watchKey(ctx context.Context) {
	for sleep(ctx, keyInterval, nil) {
		_ = contain.Do(func() error { // Retrieve has reported its error
			ctx, cancel := context.WithTimeout(ctx, keyInterval)
			defer cancel()
			_, err := o.keys.Retrieve(ctx)
			return err
		})
	}
}
