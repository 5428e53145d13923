package sts_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sluice/creds"
	"sluice/creds/sts"
)

// identityAnswer is what STS says of a role's session.
const identityAnswer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
	<GetCallerIdentityResult>
		<Arn>arn:aws:sts::210987654321:assumed-role/logs/s</Arn><UserId>AROA:s</UserId><Account>210987654321</Account>
	</GetCallerIdentityResult></GetCallerIdentityResponse>`

func TestCallerIdentity(t *testing.T) {
	key := creds.Credentials{AccessKeyID: "ASIAKEY", SecretAccessKey: "PLANTED7secret", SessionToken: "PLANTED7token"}
	for _, c := range []struct {
		name   string
		status int
		answer string // the body, or the code of an error
		want   string // part of the error, "" for none
		denied bool
	}{
		{"known", http.StatusOK, identityAnswer, "", false},
		{"unknown", http.StatusForbidden, "InvalidClientTokenId", "make a new one", false},
		{"a wrong secret", http.StatusForbidden, "SignatureDoesNotMatch", "correct the secret key", false},
		{"expired", http.StatusForbidden, "ExpiredToken", "renew the session", false},
		{"denied", http.StatusForbidden, "AccessDenied", "policy of the VPC endpoint", true},
		{"no ARN", http.StatusOK, strings.Replace(identityAnswer, "Arn", "Other", 2), "without an ARN", false},
	} {
		answer := wire(func(r *http.Request, form url.Values) (int, string) {
			if form.Get("Action") != "GetCallerIdentity" || r.Header.Get("X-Amz-Security-Token") != key.SessionToken ||
				!strings.Contains(r.Header.Get("Authorization"), "Credential=ASIAKEY/") ||
				r.URL.Host != "sts.eu-central-1.amazonaws.com" {
				t.Errorf("%s: asked %v of %s", c.name, form, r.URL.Host)
			}
			if c.status == http.StatusOK {
				return c.status, c.answer
			}
			return stsError(c.status, c.answer)
		})
		got, err := sts.CallerIdentity(t.Context(), creds.Service{Region: "eu-central-1", HTTP: answer}, key)
		if c.want == "" {
			want := sts.Identity{
				ARN:     "arn:aws:sts::210987654321:assumed-role/logs/s",
				Account: "210987654321",
				UserID:  "AROA:s",
			}
			if got != want || err != nil {
				t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "ASIAKEY") ||
			strings.Contains(err.Error(), "PLANTED7") || creds.Denied(err) != c.denied || got != (sts.Identity{}) {
			t.Errorf("%s: %+v, denied %v, %v, want %q", c.name, got, creds.Denied(err), err, c.want)
		}
	}
}
