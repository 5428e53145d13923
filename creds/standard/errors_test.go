package standard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

const assuming = "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = k\n[profile k]\n" +
	"aws_access_key_id = FROM-ENV\naws_secret_access_key = s\n"

// TestErrorsAreWrapped: the error of STS stays visible, whether the role is the profile's or is assumed with its keys.
func TestErrorsAreWrapped(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
		<-r.Context().Done()
	}))
	defer hanging.Close()
	for _, role := range []string{"", "arn:aws:iam::123456789012:role/top"} {
		for _, c := range []struct {
			name, sts, code string
			timeout         time.Duration
			is              error
		}{
			{name: "refused", sts: refusing(t), timeout: time.Minute, code: "AccessDenied"},
			{name: "late", sts: hanging.URL, timeout: 50 * time.Millisecond, is: context.DeadlineExceeded},
		} {
			variables := map[string]string{"HOME": "/h", "AWS_PROFILE": "a", "AWS_ENDPOINT_URL_STS": c.sts}
			sources := standard.NewSources(environment(disk{"/h/.aws/config": assuming}, variables))
			ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
			_, err := sources.Provider(standard.Options{RoleARN: role}).Retrieve(ctx)
			cancel()
			if creds.ErrorCode(err) != c.code || c.is != nil && !errors.Is(err, c.is) ||
				errors.Is(err, creds.ErrNotConfigured) {
				t.Errorf("%s, role %q on top: code %q of %v, want %q, %v",
					c.name, role, creds.ErrorCode(err), err, c.code, c.is)
			}
			sources.Close()
		}
	}
}
