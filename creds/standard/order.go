package standard

import (
	"context"
	"fmt"

	"sluice/creds"
	"sluice/creds/profile"
	"sluice/imds"
)

// source is a provider in its place.
type source struct {
	name     string
	where    string // it looks
	provider creds.Provider
}

// Names of the sources.
const (
	nameEnvironment = "environment"
	nameProfile     = "profile"
	nameWebIdentity = "web-identity"
	nameContainer   = "container"
	nameEC2         = "ec2"
	nameAssumeRole  = "assume-role"
)

// order returns the sources, first one first. A profile that is asked for by
// name is the only one.
func (s *Sources) order(t settings) []source {
	files, _ := s.located() // the provider tells why not
	shared := source{nameProfile, fmt.Sprintf("profile %q of %s and %s", t.profile, files.Config, files.Credentials), s.profile(t)}
	if t.options.Profile != "" {
		return []source{shared}
	}
	uri, _ := creds.ContainerURI(s.env.Getenv)
	metadata, _ := t.metadataEndpoint()
	return []source{
		{nameEnvironment, "AWS_ACCESS_KEY_ID", creds.Env{Getenv: s.env.Getenv}},
		shared,
		{nameWebIdentity, fmt.Sprintf("token file %s for role %s", t.env("AWS_WEB_IDENTITY_TOKEN_FILE"), t.env("AWS_ROLE_ARN")), s.webIdentity(t)},
		{nameContainer, uri, s.container(t)},
		{nameEC2, metadata, s.ec2(t)},
	}
}

// webIdentity is what EKS sets up for a pod with a service account (IRSA).
func (s *Sources) webIdentity(t settings) creds.Provider {
	file, role := t.env("AWS_WEB_IDENTITY_TOKEN_FILE"), t.env("AWS_ROLE_ARN")
	if file == "" {
		return broken{fmt.Errorf("AWS_WEB_IDENTITY_TOKEN_FILE: %w", creds.ErrNotConfigured)}
	}
	if role == "" {
		return broken{fmt.Errorf("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not: set both or none")}
	}
	sts, err := t.sts()
	if err != nil {
		return broken{err}
	}
	identity := profile.WebIdentity{TokenFile: file, RoleARN: role, SessionName: t.sessionName()}
	return s.shared(webIdentityKey{identity, t.reach(sts)}, t.identity(identity, sts))
}

// container is the endpoint of ECS, Greengrass and EKS Pod Identity.
func (s *Sources) container(t settings) creds.Provider {
	uri, err := creds.ContainerURI(s.env.Getenv)
	if err != nil {
		return broken{err}
	}
	roots, err := t.rootCAs()
	if err != nil {
		return broken{err}
	}
	key := containerKey{uri, t.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), t.env("AWS_CONTAINER_AUTHORIZATION_TOKEN"), t.caFile()}
	return s.shared(key, creds.CacheOptions{Provider: &creds.Container{
		URI: uri, TokenFile: key.tokenFile, Token: key.token, ReadFile: s.env.Disk.ReadFile, Transport: s.env.Transport, RootCAs: roots, Now: s.clock.Now, Learn: s.clock.Learn,
	}})
}

// ec2 is the instance's role.
func (s *Sources) ec2(t settings) creds.Provider {
	if isTrue(t.env("AWS_EC2_METADATA_DISABLED")) {
		return broken{fmt.Errorf("AWS_EC2_METADATA_DISABLED is true: %w", creds.ErrNotConfigured)}
	}
	o, err := t.imds()
	if err != nil {
		return broken{err}
	}
	profile := t.either("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name")
	return s.shared(ec2Key{o.Endpoint, profile, o.DisableV1, o.Timeout, o.Attempts}, creds.CacheOptions{
		Stable:   true,
		Provider: &creds.EC2{Client: imds.New(o), Profile: profile, Now: s.clock.Now, Learn: s.clock.Learn},
	})
}

// broken stands for a source that cannot be asked.
type broken struct{ err error }

func (b broken) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, b.err
}
