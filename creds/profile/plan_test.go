package profile_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/creds/profile"
)

func TestPlan(t *testing.T) {
	keys := profile.Keys{AccessKeyID: "id", SecretAccessKey: "secret"}
	for _, c := range []struct {
		name, config string
		want         profile.Plan
	}{
		{"all that a role can set", lines(
			"[profile p]", "role_arn = r", "source_profile = q", "external_id = e",
			"role_session_name = s", "duration_seconds = 43200", "region = x",
			"[profile q]", "aws_access_key_id = id", "aws_secret_access_key = secret", "region = y"),
			profile.Plan{
				Base: keys,
				Roles: []profile.Role{{
					ARN:         "r",
					ExternalID:  "e",
					SessionName: "s",
					Duration:    12 * time.Hour,
					Profile:     "p",
					Region:      "x",
				}},
			}},
		{"roles are in the order of use", lines(
			"[profile p]", "role_arn = last", "source_profile = q",
			"[profile q]", "role_arn = first", "credential_source = EcsContainer"),
			profile.Plan{
				Base:  profile.NamedSource{Name: "EcsContainer"},
				Roles: []profile.Role{{ARN: "first", Profile: "q"}, {ARN: "last", Profile: "p"}},
			}},
		{"a source profile's token file", lines(
			"[profile p]", "role_arn = last", "source_profile = q",
			"[profile q]", "role_arn = first", "web_identity_token_file = /t", "duration_seconds = 900",
			"role_session_name = s", "mfa_serial = m"),
			profile.Plan{
				Base: profile.WebIdentity{
					TokenFile:   "/t",
					RoleARN:     "first",
					SessionName: "s",
					Duration:    15 * time.Minute,
				},
				Roles: []profile.Role{{ARN: "last", Profile: "p"}},
			}},
		{"a source profile's keys before its token file", lines(
			"[profile p]", "role_arn = last", "source_profile = q",
			"[profile q]", "role_arn = first", "web_identity_token_file = /t",
			"aws_access_key_id = id", "aws_secret_access_key = secret"),
			profile.Plan{Base: keys, Roles: []profile.Role{{ARN: "last", Profile: "p"}}}},
		{"a profile's own process",
			lines("[profile p]", "role_arn = r", "source_profile = p", "credential_process = c", "aws_account_id = 1"),
			profile.Plan{
				Base:  profile.Process{Command: "c", AccountID: "1"},
				Roles: []profile.Role{{ARN: "r", Profile: "p"}},
			}},
		{"a role of a named source before its profile's keys",
			lines("[profile p]", "role_arn = r", "credential_source = Environment",
				"aws_access_key_id = id", "aws_secret_access_key = secret"),
			profile.Plan{
				Base:  profile.NamedSource{Name: "Environment"},
				Roles: []profile.Role{{ARN: "r", Profile: "p"}},
			}},
		{"parts of keys beside a role",
			lines("[profile p]", "role_arn = r", "credential_source = Environment", "aws_access_key_id = id"),
			profile.Plan{
				Base:  profile.NamedSource{Name: "Environment"},
				Roles: []profile.Role{{ARN: "r", Profile: "p"}},
			}},
		{"a source that no role asks for",
			lines("[profile p]", "source_profile = nobody", "credential_process = c", "mfa_serial = m"),
			profile.Plan{Base: profile.Process{Command: "c"}}},
		{"a named source without a role", lines("[profile p]", "credential_source = Ec2InstanceMetadata"),
			profile.Plan{Base: profile.NamedSource{Name: "Ec2InstanceMetadata"}}},
		{"a login", lines("[profile p]", "login_session = arn:s", "region = x"),
			profile.Plan{Base: profile.Login{Session: "arn:s", Region: "x"}}},
	} {
		got, err := parse(t, c.config, "").Plan("p")
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Plan = %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// TestBaseOrder takes one kind of credentials after the other from a profile that has them all.
func TestBaseOrder(t *testing.T) {
	settings := []struct{ line, want string }{
		{"web_identity_token_file = /t\nrole_arn = r", "profile.WebIdentity"},
		{"credential_source = Environment", "profile.NamedSource"},
		{"sso_account_id = 1\nsso_role_name = n\nsso_region = x\nsso_start_url = u", "profile.SSO"},
		{"aws_access_key_id = id\naws_secret_access_key = secret", "profile.Keys"},
		{"login_session = l", "profile.Login"},
		{"credential_process = c", "profile.Process"},
		{"sso_session = s", "profile.SSO"},
	}
	for i, s := range settings {
		config := "[sso-session s]\nsso_region = x\nsso_start_url = u\n[profile p]\n"
		for _, rest := range settings[i:] {
			config += rest.line + "\n"
		}
		got, err := parse(t, config, "").Plan("p")
		if kind := fmt.Sprintf("%T", got.Base); err != nil || kind != s.want {
			t.Errorf("from %q on: Plan is of %s, %v, want %s", s.line, kind, err, s.want)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	const role = "[profile p]\nrole_arn = r\ncredential_source = Environment\n"
	const session = "[sso-session s]\nsso_region = x\nsso_start_url = u\n"
	for _, c := range []struct{ name, config, want string }{
		{"short", role + "duration_seconds = 899",
			`profile "p": duration_seconds is "899": expected a whole number from 900 to 43200`},
		{"long", role + "duration_seconds = 43201", `"43201"`},
		{"not whole", role + "duration_seconds = 1000.5", `"1000.5"`},
		{"no number", role + "duration_seconds = 1h", `"1h"`},
		{"huge", role + "duration_seconds = 99999999999999999999", `"99999999999999999999"`},
		{"with a token file", "[profile p]\nrole_arn = r\nweb_identity_token_file = t\nduration_seconds = 1",
			`profile "p": duration_seconds is "1"`},
		{"MFA", role + "mfa_serial = arn:m",
			`profile "p": mfa_serial is set, but a service cannot ask for the code: choose a profile whose role ` +
				`needs none, or a credential_process`},
		{"MFA of a source",
			"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\n" +
				"credential_source = Environment\nmfa_serial = m",
			`profile "q": mfa_serial`},
		{"source", "[profile p]\nrole_arn = r\ncredential_source = ec2instancemetadata",
			`profile "p": credential_source is "ec2instancemetadata": expected Environment, Ec2InstanceMetadata or ` +
				`EcsContainer`},
		{"loop",
			"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = o\n" +
				"[profile o]\nrole_arn = r\nsource_profile = q",
			`infinite loop: "p" -> "q" -> "o" -> "q"`},
		{"no such source",
			"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = o",
			`could not find source profile "o" referenced from "q"`},
		{"own source without a base", "[profile p]\nrole_arn = r\nsource_profile = p",
			`profile "p": did not contain credential information, which "p" needs`},
		{"source without a base",
			"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = o\n" +
				"[profile o]\nregion = x",
			`profile "o": did not contain credential information, which "q" needs`},
		{"part of the source's keys",
			"[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\naws_access_key_id = i\nrole_arn = r\n" +
				"credential_source = Environment",
			`profile "q": missing aws_secret_access_key`},
		{"token alone", "[profile p]\naws_session_token = t", `profile "p": missing aws_access_key_id`},
		{"older SSO: no region", "[profile p]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = u",
			`missing sso_region: set it in the profile`},
		{"older SSO: no URL", "[profile p]\nsso_account_id = 1\nsso_role_name = r\nsso_region = x",
			`missing sso_start_url: set it in the profile`},
		{"SSO: no region", "[profile p]\nsso_session = s\n[sso-session s]\nsso_start_url = u",
			`missing sso_region: set it in [sso-session s]`},
		{"SSO: no URL", "[profile p]\nsso_session = s\n[sso-session s]\nsso_region = x",
			`missing sso_start_url: set it in [sso-session s]`},
		{"SSO: another region", session + "[profile p]\nsso_session = s\nsso_region = y",
			`sso_region can only be specified in the [sso-session]`},
		{"SSO: another URL", session + "[profile p]\nsso_session = s\nsso_start_url = v",
			`sso_start_url can only be specified in the [sso-session]`},
		{"SSO: account alone", session + "[profile p]\nsso_session = s\nsso_account_id = 1",
			`sso_role_name must also be set`},
		{"SSO: role alone", session + "[profile p]\nsso_session = s\nsso_role_name = r",
			`sso_account_id must also be set`},
	} {
		got, err := parse(t, c.config, "").Plan("p")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Plan = %v, %v, want an error with %q", c.name, got, err, c.want)
		}
		if errors.Is(err, profile.ErrNoProfile) || errors.Is(err, profile.ErrNoCredentials) {
			t.Errorf("%s: %v says that the profile has no credentials", c.name, err)
		}
	}
}

func TestNoCredentials(t *testing.T) {
	for _, c := range []struct {
		config string
		want   error
	}{
		{"", profile.ErrNoProfile},
		{"[profile q]\ncredential_process = c", profile.ErrNoProfile},
		{"[profile p]", profile.ErrNoCredentials},
		{"[profile p]\nsource_profile = q\nregion = x", profile.ErrNoCredentials},
		{"[profile p]\nsso_start_url = u\nsso_region = x", profile.ErrNoCredentials},
		{"[profile p]\naws_access_key_id =\naws_secret_access_key =", profile.ErrNoCredentials},
	} {
		if got, err := parse(t, c.config, "").Plan("p"); !errors.Is(err, c.want) ||
			!strings.Contains(err.Error(), `"p"`) {
			t.Errorf("%q: Plan = %v, %v, want %v", c.config, got, err, c.want)
		}
	}
}

func TestSSO(t *testing.T) {
	const session = "[sso-session s]\nsso_region = x\nsso_start_url = u\n[profile p]\n"
	older := profile.SSO{Region: "x", StartURL: "u", AccountID: "012", RoleName: "r"}
	newer := profile.SSO{Session: "s", Region: "x", StartURL: "u", AccountID: "012", RoleName: "r"}
	for _, c := range []struct {
		config string
		want   profile.SSO
	}{
		{"[profile p]\nsso_account_id = 012\nsso_role_name = r\nsso_region = x\nsso_start_url = u", older},
		{session + "sso_session = s\nsso_account_id = 012\nsso_role_name = r", newer},
		{session + "sso_session = s\nsso_account_id = 012\nsso_role_name = r\nsso_region = x\nsso_start_url = u",
			newer},
		{session + "sso_session = s", profile.SSO{Session: "s", Region: "x", StartURL: "u"}},
	} {
		if got, err := parse(t, c.config, "").Plan("p"); err != nil ||
			!reflect.DeepEqual(got, profile.Plan{Base: c.want}) {
			t.Errorf("%q: Plan = %+v, %v, want %+v", c.config, got, err, c.want)
		}
	}
}
