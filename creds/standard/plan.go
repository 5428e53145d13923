package standard

import (
	"errors"
	"fmt"
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// processTimeout is more than a credential_process may take.
const processTimeout = 70 * time.Second

// build makes the provider that a plan asks for. All but keys in a file are
// kept in caches of the provider's own; metadata services are the process's.
func (t settings) build(b *built, plan profile.Plan) error {
	if err := t.base(b, plan.Base); err != nil {
		return err
	}
	for _, role := range plan.Roles {
		sts, err := t.sts()
		if err != nil {
			return err
		}
		session := t.sessionOf(role.SessionName)
		b.keep(t, roleKey{b.key, role, session, t.reach(sts)}, creds.CacheOptions{Provider: creds.AssumeRole{
			STS: sts, Base: b.provider, RoleARN: role.ARN, ExternalID: role.ExternalID, Duration: role.Duration, SessionName: session,
		}})
	}
	return nil
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

func (t settings) base(b *built, base profile.Base) error {
	switch base := base.(type) {
	case profile.Keys:
		b.key, b.provider = base, creds.Static{Credentials: creds.Credentials{
			AccessKeyID: base.AccessKeyID, SecretAccessKey: base.SecretAccessKey, SessionToken: base.SessionToken, AccountID: base.AccountID,
			Source: t.label(),
		}}
		return nil
	case profile.NamedSource:
		return t.namedSource(b, base)
	case profile.Process:
		b.keep(t, base, creds.CacheOptions{Timeout: processTimeout, Provider: creds.Process{Command: base.Command, AccountID: base.AccountID, Now: t.sources.clock.Now}})
		return nil
	case profile.WebIdentity:
		base.SessionName = t.sessionOf(base.SessionName)
		sts, err := t.sts()
		if err != nil {
			return err
		}
		b.keep(t, webIdentityKey{base, t.reach(sts)}, t.identity(base, sts))
		return nil
	case profile.SSO:
		return t.sso(b, base)
	case profile.Login:
		return t.login(b, base)
	}
	return fmt.Errorf("profile %q: no provider for %T", t.profile, base)
}

// identity makes the provider of a web identity's role.
func (t settings) identity(w profile.WebIdentity, sts creds.Service) creds.CacheOptions {
	return creds.CacheOptions{Provider: creds.WebIdentity{
		STS: sts, RoleARN: w.RoleARN, SessionName: w.SessionName, Duration: w.Duration,
		TokenFile: w.TokenFile, ReadFile: t.sources.env.Disk.ReadFile, Now: t.sources.clock.Now,
	}}
}

// namedSource takes the source of a credential_source.
func (t settings) namedSource(b *built, named profile.NamedSource) error {
	b.key = named
	switch named.Name {
	case "Environment":
		b.provider = creds.Env{Getenv: t.sources.env.Getenv}
		return nil
	case "EcsContainer":
		b.provider = t.sources.container(t)
	case "Ec2InstanceMetadata":
		b.provider = t.sources.ec2(t)
	default:
		return fmt.Errorf("profile %q: no provider for credential_source %q", t.profile, named.Name)
	}
	if shared, ok := b.provider.(*creds.Cache); ok {
		b.key = shared // there is one for all settings that are the same
	}
	return nil
}

func (t settings) sso(b *built, base profile.SSO) error {
	portal, portalErr := t.service("sso", base.Region)
	oidc, oidcErr := t.service("sso_oidc", base.Region)
	dir, dirErr := t.sources.cacheDir("sso")
	if err := errors.Join(portalErr, oidcErr, dirErr); err != nil {
		return err
	}
	b.keep(t, ssoKey{base, t.reach(portal), t.reach(oidc), dir}, creds.CacheOptions{Provider: creds.SSO{
		Portal: portal, AccountID: base.AccountID, RoleName: base.RoleName,
		Token: creds.SSOToken{
			OIDC: oidc, Session: base.Session, StartURL: base.StartURL, Dir: dir, Disk: t.sources.env.Disk, Now: t.sources.clock.Now,
		},
	}})
	return nil
}

func (t settings) login(b *built, base profile.Login) error {
	region := base.Region
	if region == "" {
		region = t.region()
	}
	signIn, err := t.service("signin", region)
	if err != nil {
		return err
	}
	dir, err := t.sources.loginDir()
	if err != nil {
		return err
	}
	b.keep(t, loginKey{base, t.reach(signIn), dir}, creds.CacheOptions{Provider: creds.Login{
		SignIn: signIn, Session: base.Session, Dir: dir, Disk: t.sources.env.Disk, Now: t.sources.clock.Now,
	}})
	return nil
}
