// Package document parses the JSON documents in which metadata services and credential processes hand out credentials.
//
//	keys, err := document.ParseMetadata(body)
//	if err == nil {
//		err = keys.Check(document.Clocks{Machine: time.Now()})
//	}
//
// Its errors quote nothing that may be a secret: no part of a document but what looks like a time or an error code.
package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Keys are the fields of a document.
type Keys struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" for long-lived keys
	AccountID       string    // "" if the document does not name one
	Expires         time.Time // zero: never
}

// ParseMetadata parses the answer of a metadata service (container or EC2).
func ParseMetadata(b []byte) (Keys, error) {
	var d struct {
		Code            string
		AccessKeyId     string
		SecretAccessKey string
		Token           string
		AccountId       string
		Expiration      string
	}
	if err := decode(b, &d); err != nil {
		return Keys{}, fmt.Errorf("answer %w", err)
	}
	if d.Code != "" && d.Code != "Success" {
		return Keys{}, fmt.Errorf("the service answers code %s instead of Success", quoteCode(d.Code))
	}
	return newKeys(d.AccessKeyId, d.SecretAccessKey, d.Token, d.AccountId, d.Expiration)
}

// ParseProcess parses the output of a credential_process.
func ParseProcess(b []byte) (Keys, error) {
	var d struct {
		Version         *int
		AccessKeyId     string
		SecretAccessKey string
		SessionToken    string
		AccountId       string
		Expiration      string
	}
	if err := decode(b, &d); err != nil {
		return Keys{}, fmt.Errorf("output %w", err)
	}
	switch {
	case d.Version == nil:
		return Keys{}, errors.New("its output has no Version: print \"Version\": 1")
	case *d.Version != 1:
		return Keys{}, fmt.Errorf("its output has Version %d: only 1 is supported", *d.Version)
	}
	return newKeys(d.AccessKeyId, d.SecretAccessKey, d.SessionToken, d.AccountId, d.Expiration)
}

// decode unmarshals JSON. Its errors begin with "of … bytes" and quote nothing but the names of our own fields.
func decode(b []byte, into any) error {
	err := json.Unmarshal(b, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return fmt.Errorf("of %d bytes: its %s has the wrong type", len(b), wrongType.Field)
	}
	if err != nil {
		return fmt.Errorf("of %d bytes is not the expected JSON", len(b))
	}
	return nil
}

// newKeys trims space around keys, so that blank ones are empty. An empty expiration means that the keys never expire.
func newKeys(id, secret, token, account, expiration string) (Keys, error) {
	k := Keys{
		AccessKeyID:     strings.TrimSpace(id),
		SecretAccessKey: strings.TrimSpace(secret),
		SessionToken:    strings.TrimSpace(token),
		AccountID:       account,
	}
	if expiration == "" {
		return k, nil
	}
	expires, err := time.Parse(time.RFC3339, expiration)
	if err != nil || expires.IsZero() { // the zero time would mean "never"
		return Keys{}, fmt.Errorf("its Expiration %s is not a valid RFC 3339 time", quoteTime(expiration))
	}
	k.Expires = expires
	return k, nil
}
