package profile_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sluice/creds/internal/vectors"
	"sluice/creds/profile"
)

// link is one part of a chain in the vectors. One of its fields is set.
type link struct {
	AccessKey *struct {
		ID      string `json:"access_key_id"`
		Secret  string `json:"secret_access_key"`
		Token   string `json:"session_token"`
		Account string `json:"account_id"`
	}
	NamedSource      string
	WebIdentityToken *struct {
		ARN     string `json:"role_arn"`
		File    string `json:"web_identity_token_file"`
		Session string `json:"role_session_name"`
	}
	Sso *struct {
		Session string `json:"sso_session"`
		Region  string `json:"sso_region"`
		URL     string `json:"sso_start_url"`
		Account string `json:"sso_account_id"`
		Role    string `json:"sso_role_name"`
	}
	AssumeRole *struct {
		ARN        string `json:"role_arn"`
		ExternalID string `json:"external_id"`
		Session    string `json:"role_session_name"`
	}
}

func (l link) base(t *testing.T) profile.Base {
	switch {
	case l.AccessKey != nil:
		return profile.Keys{
			AccessKeyID:     l.AccessKey.ID,
			SecretAccessKey: l.AccessKey.Secret,
			SessionToken:    l.AccessKey.Token,
			AccountID:       l.AccessKey.Account,
		}
	case l.NamedSource != "":
		return profile.NamedSource{Name: l.NamedSource}
	case l.WebIdentityToken != nil:
		return profile.WebIdentity{
			RoleARN:     l.WebIdentityToken.ARN,
			TokenFile:   l.WebIdentityToken.File,
			SessionName: l.WebIdentityToken.Session,
		}
	case l.Sso != nil:
		return profile.SSO{
			Session:   l.Sso.Session,
			Region:    l.Sso.Region,
			StartURL:  l.Sso.URL,
			AccountID: l.Sso.Account,
			RoleName:  l.Sso.Role,
		}
	}
	t.Fatalf("a base that the test does not know: %+v", l)
	return nil
}

// render writes sections as a config file.
func render(kind string, sections map[string]map[string]string) string {
	var b strings.Builder
	for name, properties := range sections {
		fmt.Fprintf(&b, "[%s %s]\n", kind, name)
		for key, value := range properties {
			fmt.Fprintf(&b, "%s = %s\n", key, value)
		}
	}
	return b.String()
}

func TestPlanVectors(t *testing.T) {
	var cases []struct {
		Docs  string
		Input struct {
			Profiles map[string]map[string]string
			Selected string                       `json:"selected_profile"`
			Sessions map[string]map[string]string `json:"sso_sessions"`
		}
		Output struct { // one of them is set
			ProfileChain []link
			Error        string
		}
	}
	vectors.Decode(t, "smithy-rs/aws-config/test-data/assume-role-tests.json", &cases)
	for _, c := range cases {
		t.Run(c.Docs, func(t *testing.T) {
			f := parse(t, render("profile", c.Input.Profiles)+render("sso-session", c.Input.Sessions), "")
			got, err := f.Plan(c.Input.Selected)
			if c.Output.Error != "" {
				checkError(t, err, c.Output.Error)
				return
			}
			want := profile.Plan{Base: c.Output.ProfileChain[0].base(t)}
			for _, l := range c.Output.ProfileChain[1:] {
				want.Roles = append(want.Roles, profile.Role{
					ARN:         l.AssumeRole.ARN,
					ExternalID:  l.AssumeRole.ExternalID,
					SessionName: l.AssumeRole.Session,
				})
			}
			for i := range got.Roles {
				got.Roles[i].Profile = "" // the vectors do not name it
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Plan = %#v, %v, want %#v", got, err, want)
			}
		})
	}
	vectors.Count(t, len(cases), 28)
}

// checkError compares an error with the vectors' text for its class.
func checkError(t *testing.T, err error, theirs string) {
	classes := map[string]struct {
		fragment string
		is       error
	}{
		"profile must contain `source_profile`": {"must contain source_profile", nil},
		"profile contained both source_profile and credential_source": {
			"contained both source_profile and credential_source",
			nil,
		},
		"profile missing aws_secret_access_key": {
			`profile "B": missing aws_secret_access_key`,
			nil,
		},
		"profile missing aws_access_key_id": {
			`profile "B": missing aws_access_key_id`,
			nil,
		},
		"profile `B` did not contain credential information": {
			`profile "B": did not contain credential information`,
			nil,
		},
		"profile `A` did not contain credential information": {
			`profile "A": did not contain credential information`,
			profile.ErrNoCredentials,
		},
		"could not find source profile B referenced from A": {
			`could not find source profile "B" referenced from "A"`,
			nil,
		},
		"No profiles were defined":        {`profile "A"`, profile.ErrNoProfile},
		"profile formed an infinite loop": {"formed an infinite loop", nil},
		"`role_arn` was missing":          {"role_arn was missing", nil},
		"if `sso_role_name` is set, then `sso_account_id` must also be": {
			"if sso_role_name is set, then sso_account_id must also be set",
			nil,
		},
		"if `sso_account_id` is set, then `sso_role_name` must also be": {
			"if sso_account_id is set, then sso_role_name must also be set",
			nil,
		},
		"`sso_region` can only be specified in the [sso-session]": {
			"sso_region can only be specified in the [sso-session]",
			nil,
		},
		"sso-session named `oops` (referenced by profile `A`)": {
			`profile "A": sso-session named "oops" was not found`,
			nil,
		},
	}
	for text, class := range classes {
		if !strings.Contains(theirs, text) {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), class.fragment) {
			t.Errorf("error %v, want one with %q", err, class.fragment)
		}
		for _, sentinel := range []error{profile.ErrNoProfile, profile.ErrNoCredentials} {
			if got, want := errors.Is(err, sentinel), errors.Is(class.is, sentinel); got != want {
				t.Errorf("errors.Is(%v, %v) = %v, want %v", err, sentinel, got, want)
			}
		}
		return
	}
	t.Fatalf("an error that the test does not know: %s", theirs)
}
