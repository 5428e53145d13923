package sso

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// refreshWindow is how long before its expiry a token or a key of the CLI's cache is refreshed.
const refreshWindow = 5 * time.Minute

func needsRefresh(expires, now time.Time) bool { return !now.Add(refreshWindow).Before(expires) }

// parseExpiry accepts RFC 3339, and what older versions of the CLI wrote.
func parseExpiry(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05UTC"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("its expiresAt is not a valid RFC 3339 time")
}

// setFields changes top-level fields of a JSON object and keeps the others.
func setFields(object []byte, changes map[string]any) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, errors.New("the file is not a JSON object")
	}
	for name, value := range changes {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		fields[name] = text
	}
	return json.MarshalIndent(fields, "", "  ")
}
