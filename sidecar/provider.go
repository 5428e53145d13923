package sidecar

import (
	"time"

	"sluice/creds"
	"sluice/creds/sts"
	"sluice/sidecar/config"
)

// Sources make the providers of AWS credentials and say how to reach STS. They
// are called when configuration is read, concurrently with retrievals.
type Sources interface {
	// Provider returns the provider of a source's keys. It retrieves nothing.
	Provider(config.Source) (creds.Provider, error)
	// STS says how to reach STS with a source's keys.
	STS(config.Source) (creds.Service, error)
}

// Provider returns the provider of the keys that a service hands out. It
// retrieves nothing.
func Provider(c config.Service, sources Sources) (creds.Provider, error) {
	base, err := sources.Provider(c.Source)
	if err != nil || c.Role == nil {
		return base, err
	}
	service, err := sources.STS(c.Source)
	if err != nil {
		return nil, err
	}
	r := c.Role
	role := sts.AssumeRole{
		STS:            service,
		Base:           base,
		RoleARN:        r.RoleARN,
		SessionName:    r.SessionName,
		Duration:       time.Duration(r.Duration) * time.Second,
		ExternalID:     string(r.ExternalID),
		Policy:         string(r.Policy),
		TransitiveTags: r.TransitiveTags,
		SourceIdentity: r.SourceIdentity,
		SerialNumber:   r.SerialNumber,
		TokenCode:      string(r.TokenCode),
	}
	for _, each := range r.PolicyARNs {
		role.PolicyARNs = append(role.PolicyARNs, string(each))
	}
	for _, each := range r.Tags {
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		role.Tags[each.Key] = each.Value
	}
	for _, each := range r.ProvidedContext {
		role.Contexts = append(role.Contexts, sts.ProvidedContext{
			ProviderARN: each.ProviderARN,
			Assertion:   string(each.Assertion),
		})
	}
	return role, nil
}
