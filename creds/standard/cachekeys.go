package standard

import (
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// The keys of caches hold all that distinguishes one source from another. They contain whole structs of settings rather
// than some of the fields: a setting that is left out would be shared with another output. They are compared with ==.
type (
	// serviceKey is how a service is reached, without the client that is made of it.
	serviceKey struct {
		service creds.Service
		caFile  string
	}
	// chainRoleKey is the role that is assumed with the chain's credentials. The chain depends on all options.
	chainRoleKey struct {
		options          Options
		profile, session string
		sts              serviceKey
	}
	// profileKey is a profile, as the only source or as one of the chain.
	profileKey struct {
		options Options
		only    bool
	}
	// profileRoleKey is a profile's role, with the key of its base.
	profileRoleKey struct {
		base    any
		role    profile.Role
		session string
		sts     serviceKey
	}
	webIdentityKey struct {
		identity profile.WebIdentity
		sts      serviceKey
	}
	containerKey struct{ uri, tokenFile, token, caFile string }
	ec2Key       struct {
		endpoint, profile string
		disableV1         bool
		timeout           time.Duration
		attempts          int
	}
	ssoKey struct {
		sso          profile.SSO
		portal, oidc serviceKey
		dir          string
	}
	loginKey struct {
		login  profile.Login
		signIn serviceKey
		dir    string
	}
)

// serviceKey returns what is compared of a service.
func (t settings) serviceKey(s creds.Service) serviceKey {
	s.HTTP = nil
	return serviceKey{s, t.caFile()}
}
