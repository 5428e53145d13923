package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// startSTS starts a server that answers AssumeRole for the example key, and
// GetCallerIdentity for it and for roles' keys. It returns the variables by which it
// is found.
func startSTS(t *testing.T) vars {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		asks, refuse := r.FormValue("Action") == "GetCallerIdentity", func(code string) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, code)
		}
		switch key := signingKey(r); {
		case asks && key == deniedKey:
			refuse("AccessDenied")
			return
		case asks && strings.HasSuffix(key, "IOSFODNN7EXAMPLE"):
			fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
				<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/%s</Arn><UserId>AIDA</UserId>
				<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, key)
			return
		case key != exampleKey:
			refuse("InvalidClientTokenId")
			return
		}
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
			<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>
			<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
			<SessionToken>session</SessionToken><Expiration>%s</Expiration></Credentials>
			</AssumeRoleResult></AssumeRoleResponse>`,
			r.FormValue("RoleArn"), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(s.Close)
	return keys.and(vars{"AWS_ENDPOINT_URL_STS": s.URL})
}

// deniedKey is one whose owner STS may not be asked for.
const deniedKey = "AKIADENIED"

// signingKey returns the ID of the key that signs a request.
func signingKey(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	return key
}
