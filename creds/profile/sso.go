package profile

import "fmt"

// sso returns the profile's role in IAM Identity Center. The region and the start URL are in the sso-session that the
// profile names, or in the older form, which names none, in the profile.
func (f *Files) sso(s Section) (Base, error) {
	const account, role = "sso_account_id", "sso_role_name"
	switch {
	case s.has(role) && !s.has(account):
		return nil, fmt.Errorf("if %s is set, then %s must also be set", role, account)
	case s.has(account) && !s.has(role):
		return nil, fmt.Errorf("if %s is set, then %s must also be set", account, role)
	}
	place, from := "the profile", s
	if name := s.Get("sso_session"); name != "" {
		var err error
		if from, err = f.session(s, name); err != nil {
			return nil, err
		}
		place = fmt.Sprintf("[sso-session %s]", name)
	}
	for _, key := range []string{"sso_region", "sso_start_url"} {
		if !from.has(key) {
			return nil, fmt.Errorf("missing %s: set it in %s", key, place)
		}
	}
	return SSO{
		Session:   s.Get("sso_session"),
		Region:    from.Get("sso_region"),
		StartURL:  from.Get("sso_start_url"),
		AccountID: s.Get(account),
		RoleName:  s.Get(role),
	}, nil
}

// session returns the sso-session of that name. A profile may repeat its properties, as older tools need, but not
// contradict them.
func (f *Files) session(s Section, name string) (Section, error) {
	session, ok := f.sessions[name]
	if !ok {
		return Section{}, fmt.Errorf("sso-session named %q was not found: expected [sso-session %s] in the config file",
			name, name)
	}
	for _, key := range []string{"sso_region", "sso_start_url"} {
		if s.has(key) && s.Get(key) != session.Get(key) {
			return Section{}, fmt.Errorf("%s can only be specified in the [sso-session] config when a session name is "+
				"given: remove it from the profile, or make both the same", key)
		}
	}
	return session, nil
}
