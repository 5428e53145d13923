package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"sluice/sidecar/config"
)

// Limits of a role's session, as STS has them.
const (
	minSession = 15 * time.Minute
	maxSession = 12 * time.Hour
)

// check fills in what the flags leave out, and parses the grant as sluice serve
// will. Its errors name flags.
func (g *grantRequest) check(
	ctx context.Context, getenv func(string) string, now time.Time,
) (*config.Config, error) {
	if g.session < minSession || g.session > maxSession || g.session%time.Second != 0 {
		return nil, fmt.Errorf("--session-duration %v: write whole seconds from 15m to 12h", g.session)
	}
	if g.validFor < 0 {
		return nil, fmt.Errorf("--valid-for %v is in the past: write a positive duration such as 720h", g.validFor)
	}
	if g.profile == "" {
		g.profile = getenv("AWS_PROFILE")
	}
	if g.name == "" {
		g.name = serviceName(g.role)
	}
	text, err := yaml.Marshal(g.file(strings.Repeat("0", 64), now))
	if err != nil {
		return nil, err
	}
	env := config.Environment{LookupEnv: func(string) (string, bool) { return "", false }}
	c, err := config.Parse(ctx, "grant", text, env)
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		var all []error
		for _, m := range mistakes {
			all = append(all, flagMistake(m))
		}
		return nil, errors.Join(all...)
	}
	return c, err
}

// serviceName makes a service's name from a role's ARN.
func serviceName(role string) string {
	name := role[strings.LastIndex(role, "/")+1:]
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("+=,.@:", r) {
			return '-'
		}
		return r
	}, name)
}

// flagOf has the flag of each setting that can be wrong.
var flagOf = map[string]string{
	"RoleArn":      "--role",
	"ExternalId":   "--external-id",
	"region":       "--region",
	"profile_name": "--profile",
}

// flagMistake describes a mistake by the flag that it came from.
func flagMistake(m config.Mistake) error {
	setting := m.Path[len(m.Path)-1]
	flag := flagOf[setting]
	if flag == "" {
		flag, m.Value = "--name", strconv.Quote(setting)
	}
	return fmt.Errorf("%s %s %s: %s", flag, m.Value, m.Problem, m.Remedy)
}
