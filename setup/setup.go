// Package setup turns properties into a configuration, in the same way for the plugin and for every command.
//
//	cfg, err := setup.Parse(lookup, sources)
//	provider := sources.Provider(setup.Credentials(cfg))
package setup

import (
	"context"
	"fmt"
	"net/url"

	"sluice/conf"
	"sluice/creds"
	"sluice/creds/standard"
	"sluice/output"
)

// Parse parses all properties. Where no property is set, it uses the environment or the profile: for the endpoints of
// S3 and STS, for the bucket's region, for which of AWS's own endpoints to use, and for the authorities that verify
// them. Its error is conf.Mistakes.
func Parse(lookup conf.Lookup, sources *standard.Sources) (conf.Config, error) {
	return parse(lookup, sources, true)
}

// ParseRecorded parses properties that were recorded with data. It does not ask whether there can be such a bucket:
// that was for the output to say, and now its data is there.
func ParseRecorded(lookup conf.Lookup, sources *standard.Sources) (conf.Config, error) {
	return parse(lookup, sources, false)
}

func parse(own conf.Lookup, sources *standard.Sources, target bool) (conf.Config, error) {
	lookup := withRegion(own, sources)
	cfg, err := conf.Parse(lookup, conf.Checks{
		KeyFormat:   output.CheckKeyFormat,
		Text:        output.CheckText,
		IsFixed:     output.IsFixed,
		Zone:        output.CheckZone,
		CustomerKey: output.CheckCustomerKey,
		Endpoint: func(c conf.Config, service string) (url, where string) {
			return sources.Endpoint(Credentials(c), service)
		},
		Target: target,
	})
	if err != nil {
		return cfg, err
	}
	options := Credentials(cfg)
	cfg.CAFile = sources.CAFile(options)
	fips, dualStack := sources.EndpointOptions(options)
	if _, set := own("use_fips"); !set {
		cfg.UseFIPS = fips
	}
	if _, set := own("use_dualstack"); !set {
		cfg.UseDualStack = dualStack
	}
	if target {
		for _, bucket := range cfg.Buckets() {
			if _, err := output.Host(cfg, bucket); err != nil {
				problem := fmt.Sprintf("%q has no host with these settings: %v", bucket, err)
				return cfg, conf.Mistakes{{Property: "bucket", Problem: problem}}
			}
		}
	}
	return cfg, nil
}

// withRegion finds the region in the environment or the profile if no property sets it.
func withRegion(own conf.Lookup, sources *standard.Sources) conf.Lookup {
	return func(name string) (string, bool) {
		value, set := own(name)
		if name != "region" || set && value != "" {
			return value, set
		}
		profile, _ := own("profile")
		value = sources.Region(standard.Options{Profile: profile})
		return value, value != ""
	}
}

// Credentials returns the options of credentials in a configuration.
func Credentials(c conf.Config) standard.Options {
	region := c.Region
	if c.RegionUnset {
		region = "" // STS's is the instance's then
	}
	return standard.Options{
		Region:          region,
		Profile:         c.Profile,
		RoleARN:         c.RoleARN,
		ExternalID:      c.ExternalID,
		RoleSessionName: c.RoleSessionName,
		RoleDuration:    c.RoleDuration,
		RoleTags:        roleTags(c.RoleTags),
		STSEndpoint:     c.STSEndpoint,
		CAFile:          c.CAFile,
	}
}

// FindRegion returns what finds the region of the bucket where nothing names it: the instance's, or "". It is nil where
// something does, and for other servers than Amazon's.
func FindRegion(c conf.Config, sources *standard.Sources) func(context.Context) string {
	if !c.RegionUnset || c.Endpoint != "" {
		return nil
	}
	return func(ctx context.Context) string { return sources.InstanceRegion(ctx, Credentials(c)) }
}

// roleTags writes session tags as package standard takes them.
func roleTags(tags []conf.Pair) string {
	all := url.Values{}
	for _, each := range tags {
		all.Set(each.Name, each.Value)
	}
	return all.Encode()
}

// Identify returns how to ask STS whom a configuration's credentials belong to, nil if there
// is nobody to ask: keys for another S3 server are not shown to AWS's STS.
func Identify(c conf.Config, sources *standard.Sources) output.Identify {
	if c.Endpoint != "" && c.STSEndpoint == "" {
		return nil
	}
	return func(ctx context.Context, key creds.Credentials) (string, error) {
		who, err := sources.Identity(ctx, Credentials(c), key)
		return who.ARN, err
	}
}
