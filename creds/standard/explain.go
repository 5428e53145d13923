package standard

import (
	"context"
	"errors"
	"strings"
	"time"

	"sluice/creds"
)

// Outcome is the result of asking a source.
type Outcome string

// The outcomes.
const (
	Won           Outcome = "won"
	NotConfigured Outcome = "not-configured"
	Failed        Outcome = "failed"
	NotTried      Outcome = "not-tried"
)

// Attempt is one source, asked or not.
type Attempt struct {
	Source  string
	Outcome Outcome
	Detail  string // where it looked, or why it did not win; never a secret
	Took    time.Duration
}

// Explanation says how the chain ended.
type Explanation struct {
	Attempts []Attempt         // in the order of the chain
	Winner   string            // name of the source, "" if there is none
	Found    creds.Credentials // the winner's
	Err      error             // nil if there is a winner
	Offset   time.Duration     // how far this machine's clock is behind AWS's, as far as known
}

// Explain asks the sources as Provider's chain does, and records each. A new Sources has cached nothing, so it asks all
// of them.
func (s *Sources) Explain(ctx context.Context, o Options) Explanation {
	settings := s.settings(o)
	e := Explanation{Err: creds.ErrNotConfigured}
	var winner creds.Provider
	for _, each := range s.order(settings) {
		if e.ended() {
			e.skip(each, "the chain had ended")
			continue
		}
		if e.ask(ctx, each) {
			winner = each.provider
		}
	}
	if o.RoleARN != "" {
		role := source{name: nameAssumeRole, where: roleName(o)}
		if winner == nil {
			e.skip(role, "there are no credentials to assume the role with")
		} else {
			role.provider = s.withRole(settings, winner)
			e.ask(ctx, role)
		}
	}
	e.Offset = s.clock.Offset()
	return e
}

// ended reports whether a source has won or failed.
func (e *Explanation) ended() bool { return !errors.Is(e.Err, creds.ErrNotConfigured) }

func (e *Explanation) skip(s source, why string) {
	e.Attempts = append(e.Attempts, Attempt{Source: s.name, Outcome: NotTried, Detail: why})
}

// ask asks one source, records the attempt, and reports whether the source has won.
func (e *Explanation) ask(ctx context.Context, s source) bool {
	start := time.Now()
	found, err := s.provider.Retrieve(ctx)
	a := Attempt{Source: s.name, Took: time.Since(start)}
	switch {
	case err == nil:
		a.Outcome, a.Detail = Won, s.where+": "+describe(found)
		e.Winner, e.Found, e.Err = s.name, found, nil
	case errors.Is(err, creds.ErrNotConfigured):
		a.Outcome, a.Detail = NotConfigured, withoutOutcome(err)
	default:
		a.Outcome, a.Detail = Failed, err.Error()
		e.Winner, e.Found, e.Err = "", creds.Credentials{}, err
	}
	e.Attempts = append(e.Attempts, a)
	return err == nil
}

// roleName names the options' role for people.
func roleName(o Options) string {
	if o.ExternalID != "" {
		return "role " + o.RoleARN + " with the external ID"
	}
	return "role " + o.RoleARN
}

// describe names a key and its end. What found it stands beside it.
func describe(c creds.Credentials) string {
	if !c.CanExpire() {
		return c.AccessKeyID
	}
	return c.AccessKeyID + ", expires " + c.Expires.UTC().Format(time.RFC3339)
}

// withoutOutcome returns where a source looked, without saying again that it is not configured.
func withoutOutcome(err error) string {
	return strings.Replace(err.Error(), ": "+creds.ErrNotConfigured.Error(), "", 1)
}
