package document

import (
	"errors"
	"fmt"
	"time"
)

// Clocks are the times by which an expiry is judged.
type Clocks struct {
	Machine time.Time
	Server  time.Time // the service's, from the Date of its answer; zero if it sent none
	// Learn, if non-nil, is called with Server when keys have expired by Machine alone, and the keys are accepted: on a
	// machine that is seven hours ahead, all keys that live six hours look expired.
	Learn func(server time.Time)
}

// Check refuses keys that are incomplete or have expired.
func (k Keys) Check(c Clocks) error {
	err := Check(k.AccessKeyID, k.SecretAccessKey, k.Expires, c.Machine)
	if err == nil || !expired(k.Expires, c.Machine) {
		return err
	}
	serverKnows := c.Learn != nil && !c.Server.IsZero()
	if serverKnows && Check(k.AccessKeyID, k.SecretAccessKey, k.Expires, c.Server) == nil {
		c.Learn(c.Server)
		return nil
	}
	return fmt.Errorf("%w%s", err, c.hint())
}

// Check refuses keys that must never be handed out: incomplete ones, and those that have expired at now.
func Check(accessKeyID, secretAccessKey string, expires, now time.Time) error {
	switch {
	case accessKeyID == "" || secretAccessKey == "":
		return errors.New("access key ID or secret access key is empty")
	case expired(expires, now):
		return fmt.Errorf("expired at %s", expires.UTC().Format(time.RFC3339))
	}
	return nil
}

func expired(expires, now time.Time) bool { return !expires.IsZero() && !now.Before(expires) }

// tolerance is more than an answer takes on its way.
const tolerance = 5 * time.Minute

// hint says by how much the clocks differ, if they do: few people think of the clock when everything has expired.
func (c Clocks) hint() string {
	ahead := c.Machine.Sub(c.Server).Round(time.Second)
	switch {
	case c.Server.IsZero() || ahead.Abs() <= tolerance:
		return ""
	case ahead > 0:
		return fmt.Sprintf(" (this machine's clock is %v ahead of the service's: set it right)", ahead)
	}
	return fmt.Sprintf(" (this machine's clock is %v behind the service's: set it right)", -ahead)
}
