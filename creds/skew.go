package creds

import "time"

// parseBothClocks reads an answer as parseDocument does. Keys that are dead by
// this machine's clock, but live by the service's, are taken, and learn is told
// of the service's time: keys of six hours are all dead on a machine that is
// seven hours ahead. learn may be nil: then they are refused.
func parseBothClocks(b []byte, now, server time.Time, learn func(server time.Time)) (Credentials, error) {
	c, err := parseDocument(b, now, server)
	if err == nil || learn == nil || server.IsZero() {
		return c, err
	}
	alive, stillErr := parseDocument(b, server, server)
	if stillErr != nil {
		return c, err
	}
	learn(server)
	return alive, nil
}
