package document_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sluice/creds/internal/document"
)

// planted is AWS's own example of a secret key; it replaces @@ in the seeds.
const planted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func plant(b []byte) []byte { return bytes.ReplaceAll(b, []byte("@@"), []byte(planted)) }

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// check wants whole keys that have not expired, or an error that shows nothing of the document.
func check(t *testing.T, k document.Keys, parseErr error, clocks document.Clocks) {
	t.Helper()
	err := parseErr
	if err == nil {
		err = k.Check(clocks)
	}
	incomplete := strings.TrimSpace(k.AccessKeyID) == "" || strings.TrimSpace(k.SecretAccessKey) == ""
	switch {
	case err == nil && (incomplete || !k.Expires.IsZero() && !now.Before(k.Expires)):
		t.Errorf("accepted %q, which expire at %v", k.AccessKeyID, k.Expires)
	case parseErr != nil && k != (document.Keys{}):
		t.Errorf("got keys %q and the error %v", k.AccessKeyID, parseErr)
	case err != nil && (strings.Contains(err.Error(), planted[:16]) || len(err.Error()) > 300):
		t.Errorf("the document is in the error %v", err)
	}
}

func FuzzParseProcess(f *testing.F) {
	const (
		whole = `{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@","SessionToken":"@@","AccountId":"1",` +
			`"Expiration":"2999-01-01T00:00:00Z"}`
		keys = `{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"@@"`
	)
	for _, seed := range []string{
		whole,
		keys + `}`,
		`{"version":1,"accesskeyid":"AKIA","secretaccesskey":"@@","Expiration":null}`,
		`{"Version":1,"AccessKeyId":" ","SecretAccessKey":"@@"}`,
		keys + `,"Expiration":"@@"}`,
		keys + `,"Expiration":"1999-01-01T00:00:00+01:00"}`,
		keys + `,"Expiration":"0001-01-01T00:00:00Z"}`,
		`{"Version":2,"SecretAccessKey":"@@"}`, `{"Version":"@@"}`, `{"Version":1,"AccountId":12}`,
		`{"SecretAccessKey":"@@"}`,
		`@@`, `"@@"`, `["@@"]`, `null`, ``, `{"Version":1}{"SecretAccessKey":"@@"}`, `Version=1 key=@@`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := document.ParseProcess(plant(b))
		check(t, k, err, document.Clocks{Machine: now})
	})
}

func FuzzParseMetadata(f *testing.F) {
	const (
		whole = `{"Code":"Success","AccessKeyId":"AKIA","SecretAccessKey":"@@","Token":"@@",` +
			`"Expiration":"2999-01-01T00:00:00Z","AccountId":"1"}`
		keys = `{"AccessKeyId":"AKIA","SecretAccessKey":"@@"`
	)
	for _, seed := range []string{
		whole,
		keys + `,"Token":"@@","RoleArn":"arn"}`,
		`{"Code":"AssumeRoleUnauthorizedAccess","Message":"@@"}`, `{"code":"@@"}`, `{"Code":{"@@":1}}`,
		keys + `,"Expiration":"@@"}`,
		keys + `,"Expiration":"2025-12-31T23:59:59.9Z"}`,
		`{"AccessKeyId":"AKIA","SecretAccessKey":"\n@@","Expiration":"0001-01-01T00:00:00Z"}`,
		`{"AccessKeyId":"","SecretAccessKey":"@@"}`, `<@@>`, `"@@"`, `null`, ``,
	} {
		f.Add([]byte(seed), int64(0))
		f.Add([]byte(seed), int64(7200))
	}
	f.Fuzz(func(t *testing.T, b []byte, ahead int64) {
		clocks := document.Clocks{Machine: now}
		if ahead != 0 {
			clocks.Server = now.Add(-time.Duration(ahead) * time.Second)
		}
		k, err := document.ParseMetadata(plant(b))
		check(t, k, err, clocks)
	})
}
