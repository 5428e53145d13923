package standard

import (
	"fmt"
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// processTimeout is more than a credential_process may take.
const processTimeout = 70 * time.Second

// build makes the provider that a plan asks for. All but keys in a file are
// kept in caches of the provider's own; metadata services are the process's.
func (t settings) build(plan profile.Plan) (*built, error) {
	b := &built{}
	var err error
	if b.provider, err = t.base(b, plan.Base); err != nil {
		return nil, err
	}
	for _, role := range plan.Roles {
		sts, err := t.sts()
		if err != nil {
			return nil, err
		}
		b.keep(t, creds.CacheOptions{Provider: creds.AssumeRole{
			STS: sts, Base: b.provider, RoleARN: role.ARN, ExternalID: role.ExternalID, Duration: role.Duration,
			SessionName: t.sessionOf(role.SessionName),
		}})
	}
	return b, nil
}

// keep puts a cache around a provider.
func (b *built) keep(t settings, o creds.CacheOptions) {
	c := t.sources.cache(o)
	b.provider = c
	b.caches = append(b.caches, c)
}

// sessionOf returns the profile's session name, or else the environment's.
func (t settings) sessionOf(name string) string {
	if name == "" {
		return t.sessionName()
	}
	return name
}

// label names the profile as a source.
func (t settings) label() string { return "profile(" + t.profile + ")" }

func (t settings) base(b *built, base profile.Base) (creds.Provider, error) {
	switch base := base.(type) {
	case profile.Keys:
		return creds.Static{Credentials: creds.Credentials{
			AccessKeyID: base.AccessKeyID, SecretAccessKey: base.SecretAccessKey, SessionToken: base.SessionToken, AccountID: base.AccountID,
			Source: t.label(),
		}}, nil
	case profile.NamedSource:
		return t.namedSource(base.Name)
	case profile.Process:
		b.keep(t, creds.CacheOptions{Timeout: processTimeout, Provider: creds.Process{Command: base.Command, AccountID: base.AccountID, Now: t.sources.clock.Now}})
	case profile.WebIdentity:
		sts, err := t.sts()
		if err != nil {
			return nil, err
		}
		b.keep(t, creds.CacheOptions{Provider: creds.WebIdentity{
			STS: sts, RoleARN: base.RoleARN, SessionName: t.sessionOf(base.SessionName), Duration: base.Duration,
			TokenFile: base.TokenFile, ReadFile: t.sources.env.Disk.ReadFile, Now: t.sources.clock.Now,
		}})
	case profile.SSO:
		return t.sso(b, base)
	case profile.Login:
		return t.login(b, base)
	default:
		return nil, fmt.Errorf("profile %q: no provider for %T", t.profile, base)
	}
	return b.provider, nil
}

// namedSource returns the source of a credential_source.
func (t settings) namedSource(name string) (creds.Provider, error) {
	switch name {
	case "Environment":
		return creds.Env{Getenv: t.sources.env.Getenv}, nil
	case "EcsContainer":
		return t.sources.container(t), nil
	case "Ec2InstanceMetadata":
		return t.sources.ec2(t), nil
	}
	return nil, fmt.Errorf("profile %q: no provider for credential_source %q", t.profile, name)
}

func (t settings) sso(b *built, base profile.SSO) (creds.Provider, error) {
	portal, err := t.service("sso", base.Region)
	if err != nil {
		return nil, err
	}
	oidc, err := t.service("sso_oidc", base.Region)
	if err != nil {
		return nil, err
	}
	dir, err := t.sources.cacheDir("sso")
	if err != nil {
		return nil, err
	}
	b.keep(t, creds.CacheOptions{Provider: creds.SSO{
		Portal: portal, AccountID: base.AccountID, RoleName: base.RoleName,
		Token: creds.SSOToken{
			OIDC: oidc, Session: base.Session, StartURL: base.StartURL, Dir: dir,
			Disk: t.sources.env.Disk, Now: t.sources.clock.Now,
		},
	}})
	return b.provider, nil
}

func (t settings) login(b *built, base profile.Login) (creds.Provider, error) {
	region := base.Region
	if region == "" {
		region = t.region()
	}
	signIn, err := t.service("signin", region)
	if err != nil {
		return nil, err
	}
	dir, err := t.sources.loginDir()
	if err != nil {
		return nil, err
	}
	b.keep(t, creds.CacheOptions{Provider: creds.Login{
		SignIn: signIn, Session: base.Session, Dir: dir, Disk: t.sources.env.Disk, Now: t.sources.clock.Now,
	}})
	return b.provider, nil
}
