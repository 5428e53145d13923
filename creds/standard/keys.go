package standard

import (
	"time"

	"sluice/creds"
	"sluice/imds"
)

// The keys of what a process shares: a cache, or a profile's files. Each has all
// that says what is asked and how, so that nobody is answered by a source that was
// asked in another way, say without the hardening of a profile.
type (
	roleKey struct {
		options Options // all, for the base goes by them
		profile string
		sts     serviceKey
	}
	profileKey struct {
		options Options // but for the role on top
		profile string
	}
	webIdentityKey struct {
		tokenFile, role, session string
		sts                      serviceKey
	}
	containerKey struct{ uri, tokenFile, token, caFile string }
	ec2Key       struct {
		endpoint  string
		disableV1 bool
		timeout   time.Duration
		attempts  int
		profile   string
	}
	serviceKey struct {
		region, endpoint string
		fips, dualStack  bool
		caFile           string
	}
)

func (t settings) profileKey() profileKey {
	o := t.options
	o.RoleARN, o.ExternalID = "", ""
	return profileKey{o, t.profile}
}

func (t settings) serviceKey(s creds.Service) serviceKey {
	return serviceKey{s.Region, s.Endpoint, s.FIPS, s.DualStack, t.caFile()}
}

func newEC2Key(o imds.Options, profile string) ec2Key {
	return ec2Key{o.Endpoint, o.DisableV1, o.Timeout, o.Attempts, profile}
}
