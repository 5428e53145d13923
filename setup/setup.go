// Package setup makes of a configuration what ships by it: the same for the plugin, for push and for check.
//
//	cfg, err := setup.Parse(lookup, sources)
//	provider := sources.Provider(setup.Credentials(cfg))
package setup

import (
	"sluice/conf"
	"sluice/creds/standard"
	"sluice/output"
)

// Parse reads all properties, and fills in what the environment or the profile says where no property does:
// the endpoints of S3 and STS, which of AWS's own are wanted, and the authorities by which their certificates are
// checked. The error is
// conf.Mistakes.
func Parse(lookup conf.Lookup, sources *standard.Sources) (conf.Config, error) {
	cfg, err := conf.Parse(lookup, conf.Checks{KeyFormat: output.CheckKeyFormat})
	if err != nil {
		return cfg, err
	}
	options := Credentials(cfg)
	cfg.CAFile = sources.CAFile(options)
	cfg.UseFIPS, cfg.UseDualStack = sources.EndpointOptions(options)
	return cfg.WithEndpoints(func(service string) (url, where string) { return sources.Endpoint(options, service) })
}

// Credentials are what a configuration says of credentials.
func Credentials(c conf.Config) standard.Options {
	return standard.Options{
		Region: c.Region, Profile: c.Profile, RoleARN: c.RoleARN, ExternalID: c.ExternalID, STSEndpoint: c.STSEndpoint, CAFile: c.CAFile,
	}
}
