package standard_test

import (
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds/standard"
)

// outcomes returns attempts as lines of "source outcome".
func outcomes(e standard.Explanation) string {
	var lines []string
	for _, a := range e.Attempts {
		lines = append(lines, fmt.Sprintf("%s %s", a.Source, a.Outcome))
	}
	return strings.Join(lines, "\n")
}

func TestExplain(t *testing.T) {
	var asked atomic.Int64
	endpoint := metadata(t, &asked)
	files := disk{
		"/home/me/.aws/credentials": keysFile("FROM-FILE"),
		"/token":                    "token",
	}
	const none = "environment not-configured\nprofile not-configured\nweb-identity not-configured\n" +
		"container not-configured\n"
	for _, c := range []struct {
		name      string
		variables map[string]string
		options   standard.Options
		winner    string
		outcomes  string
		detail    string // part of the last attempt's detail
	}{
		{"instance", nil, standard.Options{}, "ec2", none + "ec2 won", endpoint},
		{"nothing", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, standard.Options{}, "",
			none + "ec2 not-configured", "AWS_EC2_METADATA_DISABLED is true"},
		{"profile", map[string]string{"HOME": "/home/me"}, standard.Options{}, "profile",
			"environment not-configured\nprofile won\nweb-identity not-tried\ncontainer not-tried\nec2 not-tried",
			"/home/me/.aws/credentials"},
		{"a profile by name", map[string]string{"HOME": "/home/me"}, standard.Options{Profile: "none"}, "",
			"profile failed", "no such profile"},
		{"a refused container host",
			map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, standard.Options{}, "",
			"environment not-configured\nprofile not-configured\nweb-identity not-configured\ncontainer failed\n" +
				"ec2 not-tried",
			"192.0.2.1"},
		{"a token file that is not there", map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": "/none",
			"AWS_ROLE_ARN":                "arn:aws:iam::123456789012:role/r",
		}, standard.Options{}, "",
			"environment not-configured\nprofile not-configured\nweb-identity failed\ncontainer not-tried\n" +
				"ec2 not-tried",
			"/none"},
		{"a role on top", nil, standard.Options{RoleARN: "arn:aws:iam::123456789012:role/logs", ExternalID: "x"}, "",
			none + "ec2 won\nassume-role failed", "AccessDenied"},
		{"a role on nothing", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"},
			standard.Options{RoleARN: "arn:aws:iam::123456789012:role/logs"}, "",
			none + "ec2 not-configured\nassume-role not-tried", "AWS_EC2_METADATA_DISABLED is true"},
	} {
		variables := map[string]string{
			"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint,
			"AWS_ENDPOINT_URL_STS":              refusing(t),
		}
		maps.Copy(variables, c.variables)
		e := standard.NewSources(environment(files, variables)).Explain(t.Context(), c.options)
		if got := outcomes(e); got != c.outcomes || e.Winner != c.winner {
			t.Errorf("%s: %s wins of\n%s\nwant %s of\n%s", c.name, e.Winner, got, c.winner, c.outcomes)
		}
		if (e.Err == nil) != (c.winner != "") || (e.Found.AccessKeyID != "") != (c.winner != "") {
			t.Errorf("%s: found %v, error %v", c.name, e.Found, e.Err)
		}
		last := ""
		for _, a := range e.Attempts {
			if a.Outcome != standard.NotTried {
				last = a.Detail
			}
		}
		if !strings.Contains(last, c.detail) {
			t.Errorf("%s: the last detail is %q, want %q in it", c.name, last, c.detail)
		}
	}
}

// refusing starts an STS that denies everything.
func refusing(t *testing.T) string { return newSTS(t, "nobody's") }

// TestClockListensToAWSOnly: another server may have a wrong clock, by which AWS's keys do not expire.
func TestClockListensToAWSOnly(t *testing.T) {
	env := environment(nil, map[string]string{
		"AWS_ACCESS_KEY_ID":     "FROM-ENV",
		"AWS_SECRET_ACCESS_KEY": "s",
		"AWS_ENDPOINT_URL_STS":  refusing(t),
	})
	env.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) }
	sources := standard.NewSources(env)
	defer sources.Close()
	e := sources.Explain(t.Context(), standard.Options{RoleARN: "arn:aws:iam::123456789012:role/logs"})
	if e.Err == nil || !strings.Contains(e.Err.Error(), "AccessDenied") || e.Offset != 0 {
		t.Errorf("%v, and the clock is corrected by %v, want a refusal and no correction", e.Err, e.Offset)
	}
}
