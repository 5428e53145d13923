package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNoProfile means that neither file has the profile that Plan was asked for. A missing source profile is another
// error, because a profile names it.
var ErrNoProfile = errors.New("no such profile")

// ErrNoCredentials means that the profile that Plan was asked for exists but has no settings of credentials.
var ErrNoCredentials = errors.New("did not contain credential information")

// Plan is how to get a profile's credentials.
type Plan struct {
	Base  Base   // where the first credentials come from
	Roles []Role // assumed in this order, the first with Base's credentials
}

// Role is a role that is assumed with the credentials before it. Fields that the profile does not set are zero.
type Role struct {
	ARN         string
	ExternalID  string
	SessionName string
	Duration    time.Duration // of the session
	Profile     string        // the one with the role
	Region      string        // of that profile
}

// Plan follows the profile through its source profiles to the credentials at the end. The error wraps ErrNoProfile or
// ErrNoCredentials if the profile is not configured for credentials at all; any other says which profile is wrong.
//
// A profile's role wins over its own keys, but the keys of a source profile win over its role.
func (f *Files) Plan(name string) (Plan, error) {
	s, ok := f.Profile(name)
	if !ok {
		return Plan{}, fmt.Errorf("profile %q: %w", name, ErrNoProfile)
	}
	var roles []Role
	for s.has("role_arn") && !s.has("web_identity_token_file") && !(len(roles) > 0 && s.hasKeys()) {
		role, err := s.role()
		if err != nil {
			return Plan{}, fmt.Errorf("profile %q: %w", s.name, err)
		}
		roles = append(roles, role)
		source := s.Get("source_profile")
		if source == "" || source == s.name { // the profile is its own base
			break
		}
		if s, err = f.source(roles, source); err != nil {
			return Plan{}, err
		}
	}
	base, err := f.base(s, roles)
	if err != nil {
		return Plan{}, fmt.Errorf("profile %q: %w", s.name, err)
	}
	slices.Reverse(roles)
	return Plan{base, roles}, nil
}

// role returns the role that the profile sets.
func (s Section) role() (Role, error) {
	switch {
	case s.has("source_profile") && s.has("credential_source"):
		return Role{}, errors.New("contained both source_profile and credential_source: remove one")
	case !s.has("source_profile", "credential_source"):
		return Role{}, errors.New("has a role_arn, so it must contain source_profile, credential_source or " +
			"web_identity_token_file")
	case s.has("mfa_serial"):
		return Role{}, errors.New("mfa_serial is set, but a service cannot ask for the code: " +
			"choose a profile whose role needs none, or a credential_process that can supply it")
	}
	duration, err := s.duration()
	return Role{
		ARN:         s.Get("role_arn"),
		ExternalID:  s.Get("external_id"),
		SessionName: s.Get("role_session_name"),
		Duration:    duration,
		Profile:     s.name,
		Region:      s.Get("region"),
	}, err
}

// source returns the source profile of the last role's profile. Each profile on the way is in roles, which reveals a
// loop.
func (f *Files) source(roles []Role, name string) (Section, error) {
	from := roles[len(roles)-1].Profile
	if slices.ContainsFunc(roles, func(r Role) bool { return r.Profile == name }) {
		var loop strings.Builder
		for _, r := range roles {
			fmt.Fprintf(&loop, "%q -> ", r.Profile)
		}
		return Section{}, fmt.Errorf("source_profile formed an infinite loop: %s%q", loop.String(), name)
	}
	s, ok := f.Profile(name)
	if !ok {
		return Section{}, fmt.Errorf("could not find source profile %q referenced from %q", name, from)
	}
	return s, nil
}

// base returns where the profile gets credentials without a role. roles are those on the way to it.
func (f *Files) base(s Section, roles []Role) (Base, error) {
	isSource := len(roles) > 0 && roles[0].Profile != s.name
	switch {
	case isSource && s.hasKeys():
		return s.keys()
	case s.has("web_identity_token_file"):
		return s.webIdentity()
	case s.has("credential_source"):
		return s.namedSource()
	case s.has("sso_account_id", "sso_role_name"):
		return f.sso(s)
	case s.hasKeys():
		return s.keys()
	case s.has("login_session"):
		return Login{Session: s.Get("login_session"), Region: s.Get("region")}, nil
	case s.has("credential_process"):
		return Process{Command: s.Get("credential_process"), AccountID: s.Get("aws_account_id")}, nil
	case s.has("sso_session"): // alone it is for services that accept tokens
		return f.sso(s)
	case len(roles) == 0:
		return nil, ErrNoCredentials
	}
	return nil, fmt.Errorf("did not contain credential information, which %q needs", roles[len(roles)-1].Profile)
}
