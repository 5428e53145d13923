package creds

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// document is what metadata services answer.
type document struct {
	Code                                string
	AccessKeyId, SecretAccessKey, Token string
	AccountId                           string
	Expiration                          string
}

// parseDocument reads the answer of a metadata service and refuses what is
// blank or dead. Without an expiration the credentials never expire. serverDate
// is what the service takes for now, zero if it did not say: a machine whose
// clock is wrong finds everything expired, and nobody thinks of the clock.
//
// Its errors quote nothing that may be a key: a body is not repeated.
func parseDocument(b []byte, now, serverDate time.Time) (Credentials, error) {
	var d document
	if err := decode(b, &d); err != nil {
		return Credentials{}, fmt.Errorf("answer %w", err)
	}
	if d.Code != "" && d.Code != "Success" {
		return Credentials{}, fmt.Errorf("the service answers code %s instead of Success", quoteCode(d.Code))
	}
	c, err := issued(d.AccessKeyId, d.SecretAccessKey, d.Token, d.Expiration)
	if err != nil {
		return Credentials{}, err
	}
	if err := c.check(now); err != nil {
		if c.Expired(now) {
			return Credentials{}, fmt.Errorf("%w%s", err, clockHint(now, serverDate))
		}
		return Credentials{}, err
	}
	c.AccountID = d.AccountId
	return c, nil
}

// decode reads JSON. Its errors begin with "of … bytes"; they quote nothing but
// names that are ours.
func decode(b []byte, into any) error {
	err := json.Unmarshal(b, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("of %d bytes: its %s is not of the type that was expected", len(b), wrong.Field)
	}
	if err != nil {
		return fmt.Errorf("of %d bytes is not the JSON that was expected", len(b))
	}
	return nil
}

// issued makes credentials of what a source says, where "" is absent. Space
// around keys is none of theirs, and blank keys are empty ones.
func issued(id, secret, token, expiration string) (Credentials, error) {
	c := Credentials{
		AccessKeyID:     strings.TrimSpace(id),
		SecretAccessKey: strings.TrimSpace(secret),
		SessionToken:    strings.TrimSpace(token),
	}
	if expiration == "" {
		return c, nil
	}
	expires, err := time.Parse(time.RFC3339, expiration)
	if err != nil || expires.IsZero() { // the zero time would be "never"
		return Credentials{}, fmt.Errorf("its expiration %s is no time of RFC 3339", quoteTime(expiration))
	}
	c.Expires = expires
	return c, nil
}

// quoteTime quotes what looks like a time. Anything else may be a key that
// landed in the wrong field.
func quoteTime(text string) string {
	if len(text) > 40 || strings.Trim(text, "0123456789TZtz:.,+-/ ") != "" {
		return fmt.Sprintf("of %d bytes", len(text))
	}
	return strconv.Quote(text)
}

// quoteCode quotes what looks like an error's code.
func quoteCode(code string) string {
	if plain := plainCode(code); plain != "" {
		return strconv.Quote(plain)
	}
	return fmt.Sprintf("of %d bytes", len(code))
}

// plainCode returns an error's code as it may be shown, "" if it does not look
// like one.
func plainCode(code string) string {
	for _, r := range code {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return ""
		}
	}
	if len(code) > 40 || mask(code) != code {
		return ""
	}
	return code
}

// clockHint says by how much the clocks differ, if it is more than a service's
// answer may take on its way.
func clockHint(now, serverDate time.Time) string {
	off := now.Sub(serverDate).Round(time.Second)
	switch {
	case serverDate.IsZero() || off.Abs() <= 5*time.Minute:
		return ""
	case off > 0:
		return fmt.Sprintf(" (this machine's clock is %v ahead of the service's: set it right)", off)
	}
	return fmt.Sprintf(" (this machine's clock is %v behind the service's: set it right)", -off)
}
