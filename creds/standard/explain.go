package standard

import (
	"context"
	"errors"
	"time"

	"sluice/creds"
)

// Outcome is what came of asking a source.
type Outcome string

// Outcomes.
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
	Detail  string // where it looked, or why not; never a secret
	Took    time.Duration
}

// Explanation tells how the chain came to its end.
type Explanation struct {
	Attempts []Attempt         // in the order of the chain
	Winner   string            // source, "" if there is none
	Found    creds.Credentials // the winner's
	Err      error             // nil if there is a winner
	Offset   time.Duration     // of this machine's clock behind AWS's, as far as known
}

// Explain asks the sources as Provider's chain does, and tells of each. Nothing
// that is kept from before is used by a new Sources.
func (s *Sources) Explain(ctx context.Context, o Options) Explanation {
	settings := s.settings(o)
	e := Explanation{Err: creds.ErrNotConfigured}
	var winner creds.Provider
	for _, each := range s.order(settings) {
		if e.ended() {
			e.Attempts = append(e.Attempts, Attempt{Source: each.name, Outcome: NotTried, Detail: "the chain had ended"})
			continue
		}
		if e.ask(ctx, each) {
			winner = each.provider
		}
	}
	if o.RoleARN != "" {
		e.askRole(ctx, source{nameAssumeRole, "role " + o.RoleARN, s.onTop(settings, winner)}, winner != nil)
	}
	e.Offset = s.clock.Offset()
	return e
}

// ended tells whether a source has won or failed.
func (e *Explanation) ended() bool { return !errors.Is(e.Err, creds.ErrNotConfigured) }

// ask asks one source, notes it, and tells whether it has won.
func (e *Explanation) ask(ctx context.Context, s source) bool {
	start := time.Now()
	found, err := s.provider.Retrieve(ctx)
	a := Attempt{Source: s.name, Took: time.Since(start)}
	switch {
	case err == nil:
		a.Outcome, a.Detail = Won, s.where+": "+found.String()
		e.Winner, e.Found, e.Err = s.name, found, nil
	case errors.Is(err, creds.ErrNotConfigured):
		a.Outcome, a.Detail = NotConfigured, err.Error()
	default:
		a.Outcome, a.Detail = Failed, err.Error()
		e.Winner, e.Found, e.Err = "", creds.Credentials{}, err
	}
	e.Attempts = append(e.Attempts, a)
	return err == nil
}

// askRole asks for the role on top, if there is something to assume it with.
func (e *Explanation) askRole(ctx context.Context, role source, based bool) {
	if !based {
		e.Attempts = append(e.Attempts, Attempt{Source: role.name, Outcome: NotTried, Detail: "there is nothing to assume the role with"})
		return
	}
	e.ask(ctx, role)
}
