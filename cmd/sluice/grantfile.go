package main

import "time"

// grantFile is a grant's file.
type grantFile struct {
	Services map[string]grantService `yaml:"services"`
}

type grantService struct {
	TokenHash string      `yaml:"auth_token_sha256"`
	Source    grantSource `yaml:"source_credentials"`
	Role      grantRole   `yaml:"assumed_role"`
	Expires   string      `yaml:"expires,omitempty"`
	Granted   string      `yaml:"x-granted"`
}

type grantSource struct {
	Region  string        `yaml:"region,omitempty"`
	Profile *grantProfile `yaml:"iam_profile,omitempty"`
}

type grantProfile struct {
	Name string `yaml:"profile_name"`
}

type grantRole struct {
	ARN         string `yaml:"RoleArn"`
	SessionName string `yaml:"RoleSessionName"`
	Duration    int    `yaml:"DurationSeconds"` // seconds
	ExternalID  string `yaml:"ExternalId,omitempty"`
}

// file returns the grant's file.
func (g *grantRequest) file(hash string, now time.Time) grantFile {
	s := grantService{
		TokenHash: hash,
		Granted:   now.UTC().Format(time.RFC3339),
		Role: grantRole{
			ARN:         g.role,
			SessionName: "sluice",
			Duration:    int(g.session / time.Second),
			ExternalID:  g.externalID,
		},
	}
	s.Source.Region = g.region
	if g.profile != "" {
		s.Source.Profile = &grantProfile{g.profile}
	}
	if g.validFor > 0 {
		s.Expires = now.Add(g.validFor).UTC().Format(time.RFC3339)
	}
	return grantFile{Services: map[string]grantService{g.name: s}}
}
