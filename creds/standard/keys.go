package standard

import (
	"time"

	"sluice/creds"
	"sluice/creds/profile"
)

// Keys of caches have all that tells one source from another, whole structs of
// settings rather than some of their fields: a setting that is left out is another
// output's. They are compared with ==.
type (
	// reach is how a service is reached, without the client that is made of it.
	reach struct {
		service creds.Service
		caFile  string
	}
	// topKey is a role on top of the chain. The chain depends on all options.
	topKey struct {
		options          Options
		profile, session string
		sts              reach
	}
	// namedKey is a profile, as the only source or as one of the chain.
	namedKey struct {
		options Options
		only    bool
	}
	// roleKey is a role of a profile, with the key of its base.
	roleKey struct {
		base    any
		role    profile.Role
		session string
		sts     reach
	}
	webIdentityKey struct {
		identity profile.WebIdentity
		sts      reach
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
		portal, oidc reach
		dir          string
	}
	loginKey struct {
		login  profile.Login
		signIn reach
		dir    string
	}
)

// reach returns what is compared of a service.
func (t settings) reach(s creds.Service) reach {
	s.HTTP = nil
	return reach{s, t.caFile()}
}
