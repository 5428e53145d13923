package setup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"sluice/creds/standard"
	"sluice/setup"
)

// TestRole: what the properties say of a role's session is what STS is asked for.
func TestRole(t *testing.T) {
	asked := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		asked <- r.PostForm
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
			<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
			<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
			</AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer server.Close()
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"}
	named := map[string]string{"AWS_ROLE_SESSION_NAME": "env"}
	const common = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Flogs&"
	for _, tt := range []struct {
		name       string
		properties map[string]string
		more       map[string]string // environment
		want       string
	}{
		{"nothing", nil, nil, common + "RoleSessionName=sluice-node-7.example-org"},
		{"the environment's name", nil, named, common + "RoleSessionName=env"},
		{"all", map[string]string{
			"role_session_name": "web=1", "role_duration": "2h", "role_tags": "team=a%3Db", "external_id": "x y",
		}, named, "Action=AssumeRole&DurationSeconds=7200&ExternalId=x+y&" +
			"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Flogs&RoleSessionName=web%3D1&" +
			"Tags.member.1.Key=team&Tags.member.1.Value=a%3Db"},
	} {
		properties := map[string]string{
			"bucket": "logs", "role_arn": "arn:aws:iam::123456789012:role/logs", "sts_endpoint": server.URL,
		}
		for name, value := range tt.properties {
			properties[name] = value
		}
		sources := standard.NewSources(standard.Environment{
			Getenv: func(name string) string {
				if value := tt.more[name]; value != "" {
					return value
				}
				return env[name]
			},
			Hostname: func() (string, error) { return "node-7.example org", nil },
		})
		lookup := func(name string) (string, bool) { value, set := properties[name]; return value, set }
		c, err := setup.Parse(lookup, sources)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if _, err := sources.Provider(setup.Credentials(c)).Retrieve(t.Context()); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got := <-asked
		got.Del("Version")
		if got.Encode() != tt.want {
			t.Errorf("%s: STS is asked %s, want %s", tt.name, got.Encode(), tt.want)
		}
		sources.Close()
	}
}
