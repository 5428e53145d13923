package standard

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"sluice/creds"
	"sluice/creds/process"
	"sluice/creds/profile"
	"sluice/creds/sso"
	"sluice/creds/sts"
)

// processTimeout is more than a credential_process may take.
const processTimeout = 70 * time.Second

// resolve completes r with the provider that a plan asks for. All but keys in a file are kept in caches of r's own;
// metadata services are shared by the process.
func (t settings) resolve(r *resolved, plan profile.Plan) error {
	if err := t.resolveBase(r, plan.Base); err != nil {
		return err
	}
	for _, role := range plan.Roles {
		service, err := t.sts()
		if err != nil {
			return err
		}
		session := cmp.Or(role.SessionName, t.sessionName())
		key := profileRoleKey{r.key, role, session, t.serviceKey(service)}
		r.cache(t, key, creds.CacheOptions{Provider: sts.AssumeRole{
			STS:         service,
			Base:        r.provider,
			RoleARN:     role.ARN,
			ExternalID:  role.ExternalID,
			Duration:    role.Duration,
			SessionName: session,
		}})
	}
	return nil
}

// sourceName names the profile as the source of credentials.
func (t settings) sourceName() string { return "profile(" + t.profile + ")" }

func (t settings) resolveBase(r *resolved, base profile.Base) error {
	switch base := base.(type) {
	case profile.Keys:
		r.key, r.provider = base, creds.Static{Credentials: creds.Credentials{
			AccessKeyID:     base.AccessKeyID,
			SecretAccessKey: base.SecretAccessKey,
			SessionToken:    base.SessionToken,
			AccountID:       base.AccountID,
			Source:          t.sourceName(),
		}}
		return nil
	case profile.NamedSource:
		return t.resolveNamed(r, base)
	case profile.Process:
		r.cache(t, base, creds.CacheOptions{Timeout: processTimeout, Provider: process.Provider{
			Command:   base.Command,
			AccountID: base.AccountID,
			Now:       t.sources.clock.Now,
		}})
		return nil
	case profile.WebIdentity:
		base.SessionName = cmp.Or(base.SessionName, t.sessionName())
		service, err := t.sts()
		if err != nil {
			return err
		}
		r.cache(t, webIdentityKey{base, t.serviceKey(service)}, t.webIdentity(base, service))
		return nil
	case profile.SSO:
		return t.resolveSSO(r, base)
	case profile.Login:
		return t.resolveLogin(r, base)
	}
	return fmt.Errorf("profile %q: no provider for %T", t.profile, base)
}

// webIdentity returns the provider of a web identity's role.
func (t settings) webIdentity(w profile.WebIdentity, service creds.Service) creds.CacheOptions {
	return creds.CacheOptions{Provider: sts.WebIdentity{
		STS:         service,
		RoleARN:     w.RoleARN,
		SessionName: w.SessionName,
		Duration:    w.Duration,
		TokenFile:   w.TokenFile,
		ReadFile:    t.sources.env.Disk.ReadFile,
		Now:         t.sources.clock.Now,
	}}
}

// resolveNamed uses the source that credential_source names.
func (t settings) resolveNamed(r *resolved, named profile.NamedSource) error {
	r.key = named
	switch named.Name {
	case "Environment":
		r.provider = creds.Env{Getenv: t.sources.env.Getenv}
		return nil
	case "EcsContainer":
		r.provider = t.sources.container(t)
	case "Ec2InstanceMetadata":
		r.provider = t.sources.ec2(t)
	default:
		return fmt.Errorf("profile %q: no provider for credential_source %q", t.profile, named.Name)
	}
	if shared, ok := r.provider.(*creds.Cache); ok {
		r.key = shared // equal settings share one cache
	}
	return nil
}

func (t settings) resolveSSO(r *resolved, base profile.SSO) error {
	portal, portalErr := t.service("sso", base.Region)
	oidc, oidcErr := t.service("sso_oidc", base.Region)
	dir, dirErr := t.sources.cacheDir("sso")
	if err := errors.Join(portalErr, oidcErr, dirErr); err != nil {
		return err
	}
	r.cache(t, ssoKey{base, t.serviceKey(portal), t.serviceKey(oidc), dir}, creds.CacheOptions{Provider: sso.Role{
		Portal:    portal,
		AccountID: base.AccountID,
		RoleName:  base.RoleName,
		Token: sso.Token{
			OIDC:     oidc,
			Session:  base.Session,
			StartURL: base.StartURL,
			Dir:      dir,
			Disk:     t.sources.env.Disk,
			Now:      t.sources.clock.Now,
		},
	}})
	return nil
}

func (t settings) resolveLogin(r *resolved, base profile.Login) error {
	signIn, err := t.service("signin", cmp.Or(base.Region, t.region()))
	if err != nil {
		return err
	}
	dir, err := t.sources.loginDir()
	if err != nil {
		return err
	}
	r.cache(t, loginKey{base, t.serviceKey(signIn), dir}, creds.CacheOptions{Provider: sso.Login{
		SignIn:  signIn,
		Session: base.Session,
		Dir:     dir,
		Disk:    t.sources.env.Disk,
		Now:     t.sources.clock.Now,
	}})
	return nil
}
