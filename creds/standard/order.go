package standard

import (
	"context"
	"errors"
	"fmt"

	"sluice/creds"
	"sluice/creds/container"
	"sluice/creds/ec2"
	"sluice/creds/profile"
	"sluice/imds"
)

// source is a provider in its place in the chain.
type source struct {
	name     string
	where    string // it looks
	provider creds.Provider
}

// The names of the sources.
const (
	nameEnvironment = "environment"
	nameProfile     = "profile"
	nameWebIdentity = "web-identity"
	nameContainer   = "container"
	nameEC2         = "ec2"
	nameAssumeRole  = "assume-role"
)

// order returns the sources in AWS's order. A profile that the options name is the only one.
func (s *Sources) order(t settings) []source {
	files, _ := s.location() // the provider returns the error
	shared := source{
		name:     nameProfile,
		where:    fmt.Sprintf("profile %q of %s and %s", t.profile, files.Config, files.Credentials),
		provider: s.profile(t),
	}
	if t.options.Profile != "" {
		return []source{shared}
	}
	tokenFile, role := t.env("AWS_WEB_IDENTITY_TOKEN_FILE"), t.env("AWS_ROLE_ARN")
	uri, _ := container.URI(s.env.Getenv)
	metadata, _ := t.metadataEndpoint()
	return []source{
		{nameEnvironment, "AWS_ACCESS_KEY_ID", creds.Env{Getenv: s.env.Getenv}},
		shared,
		{nameWebIdentity, fmt.Sprintf("token file %s for role %s", tokenFile, role), s.webIdentity(t)},
		{nameContainer, uri, s.container(t)},
		{nameEC2, metadata, s.ec2(t)},
	}
}

// webIdentity returns what EKS sets up for a pod with a service account (IRSA).
func (s *Sources) webIdentity(t settings) creds.Provider {
	file, role := t.env("AWS_WEB_IDENTITY_TOKEN_FILE"), t.env("AWS_ROLE_ARN")
	if file == "" {
		return errProvider{fmt.Errorf("AWS_WEB_IDENTITY_TOKEN_FILE: %w", creds.ErrNotConfigured)}
	}
	if role == "" {
		return errProvider{errors.New("AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not: " +
			"set both or neither")}
	}
	service, err := t.sts()
	if err != nil {
		return errProvider{err}
	}
	identity := profile.WebIdentity{TokenFile: file, RoleARN: role, SessionName: t.sessionName()}
	return s.sharedCache(webIdentityKey{identity, t.serviceKey(service)}, t.webIdentity(identity, service))
}

// container returns the endpoint of ECS, Greengrass and EKS Pod Identity.
func (s *Sources) container(t settings) creds.Provider {
	uri, err := container.URI(s.env.Getenv)
	if err != nil {
		return errProvider{err}
	}
	roots, err := t.rootCAs()
	if err != nil {
		return errProvider{err}
	}
	key := containerKey{
		uri:       uri,
		tokenFile: t.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
		token:     t.env("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
		caFile:    t.caFile(),
	}
	return s.sharedCache(key, creds.CacheOptions{Provider: &container.Provider{
		URI:       uri,
		TokenFile: key.tokenFile,
		Token:     key.token,
		ReadFile:  s.env.Disk.ReadFile,
		Transport: s.env.Transport,
		RootCAs:   roots,
		Now:       s.clock.Now,
		Learn:     s.clock.Learn,
	}})
}

// ec2 returns the instance's role.
func (s *Sources) ec2(t settings) creds.Provider {
	if isTrue(t.env("AWS_EC2_METADATA_DISABLED")) {
		return errProvider{fmt.Errorf("AWS_EC2_METADATA_DISABLED is true: %w", creds.ErrNotConfigured)}
	}
	o, err := t.imds()
	if err != nil {
		return errProvider{err}
	}
	profile := t.envOrProfile("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name")
	return s.sharedCache(ec2Key{o.Endpoint, profile, o.DisableV1, o.Timeout, o.Attempts}, creds.CacheOptions{
		StaticStability: true,
		Provider: &ec2.Provider{
			Client:  imds.New(o),
			Profile: profile,
			Now:     s.clock.Now,
			Learn:   s.clock.Learn,
		},
	})
}

// errProvider stands for a source that cannot be asked.
type errProvider struct{ err error }

func (p errProvider) Retrieve(context.Context) (creds.Credentials, error) {
	return creds.Credentials{}, p.err
}
