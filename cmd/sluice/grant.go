package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"sluice/internal/slowfs"
	"sluice/sidecar"
	"sluice/sidecar/config"
)

func newGrant(w world) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:   "grant",
		Short: "Let an application have an AWS role by way of sluice serve",
		Args:  cobra.NoArgs,
		RunE:  needsSubcommand,
	}
	cmd.PersistentFlags().StringVar(&dir, "grants", "", "folder of grants (default "+grantsHelp+")")
	grants := func() grantFolder { return grantFolder(grantsDir(w.getenv, dir)) }
	cmd.AddCommand(newGrantAWS(w, grants), newGrantList(w, grants), newGrantRevoke(w, grants))
	return cmd
}

// wanted is what the flags of "grant aws" say.
type wanted struct {
	name, role, region, externalID, profile, tokenFile string
	session, validFor, wait                            time.Duration
	sidecar                                            string // URL of its face process
}

func newGrantAWS(w world, grants func() grantFolder) *cobra.Command {
	g := wanted{}
	cmd := &cobra.Command{
		Use:   "aws --role ARN",
		Short: "Grant a role: try it, and add it to what sluice serve serves",
		Long: `Try to assume the role, and if that works add it to the services of "sluice serve",
which notices by itself. It returns when the running sidecar honours the grant, or when
none answers. The application's token is printed, once; only its hash is kept. What is
kept is configuration and no secret.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := g.check(cmd.Context(), w.getenv, time.Now())
			if err != nil {
				return err
			}
			return failed(g.grant(cmd.Context(), w, grants(), config))
		},
	}
	f := cmd.Flags()
	f.StringVar(&g.role, "role", "", "ARN of the role (required)")
	f.StringVar(&g.name, "name", "", "name of the service (default: the role's)")
	f.StringVar(&g.region, "region", "", "region whose STS is asked")
	f.DurationVar(&g.session, "session-duration", 15*time.Minute, "life of a key, 15m to 12h")
	f.StringVar(&g.externalID, "external-id", "", "external ID that the role's trust policy asks for")
	f.StringVar(&g.profile, "profile", "", "profile whose keys assume the role (default: AWS_PROFILE, or else the chain of sources)")
	f.DurationVar(&g.validFor, "valid-for", 0, "end the grant after this time, for example 720h (default: never)")
	f.StringVar(&g.tokenFile, "token-file", "", "write the token into this new file instead of printing it")
	f.StringVar(&g.sidecar, "sidecar", "http://localhost:1338/_aws/credentials", "where the running sidecar has the face process, http://… or unix:/…")
	f.DurationVar(&g.wait, "wait", 15*time.Second, "how long to wait until the running sidecar honours the grant; 0 for not at all")
	cobra.CheckErr(cmd.MarkFlagRequired("role"))
	return cmd
}

// Bounds of a role's session, as STS has them.
const (
	minSession = 15 * time.Minute
	maxSession = 12 * time.Hour
)

// check fills in what the flags leave out, and reads the grant as sluice serve
// will: what is wrong is named by its flag.
func (g *wanted) check(ctx context.Context, getenv func(string) string, now time.Time) (*config.Config, error) {
	if g.session < minSession || g.session > maxSession || g.session%time.Second != 0 {
		return nil, fmt.Errorf("--session-duration %v: write whole seconds from 15m to 12h", g.session)
	}
	if g.validFor < 0 {
		return nil, fmt.Errorf("--valid-for %v is in the past", g.validFor)
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
	parsed, err := config.Parse(ctx, "grant", text, config.Environment{LookupEnv: func(string) (string, bool) { return "", false }})
	var mistakes config.Mistakes
	if errors.As(err, &mistakes) {
		var all []error
		for _, m := range mistakes {
			all = append(all, flagMistake(m))
		}
		return nil, errors.Join(all...)
	}
	return parsed, err
}

// serviceName makes a service's name of a role's.
func serviceName(role string) string {
	name := role[strings.LastIndex(role, "/")+1:]
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("+=,.@:", r) {
			return '-'
		}
		return r
	}, name)
}

// flagMistake names a mistake by the flag that it came from.
func flagMistake(m config.Mistake) error {
	flags := map[string]string{"RoleArn": "--role", "ExternalId": "--external-id", "region": "--region", "profile_name": "--profile"}
	flag := flags[m.Path[len(m.Path)-1]]
	if flag == "" {
		flag = "--name"
		m.Value = strconv.Quote(m.Path[len(m.Path)-1])
	}
	return fmt.Errorf("%s %s %s: %s", flag, m.Value, m.Problem, m.Remedy)
}

// tryTimeout bounds the attempt.
const tryTimeout = time.Minute

// grant tries the role, and keeps the grant if that works.
func (g *wanted) grant(ctx context.Context, w world, grants grantFolder, parsed *config.Config) error {
	sources := newServeSources(w.getenv, sourceDisk{ctx: ctx, disk: &slowfs.FS{Timeout: startPatience}})
	defer sources.close()
	role, err := sidecar.Provider(parsed.Services[g.name], sources)
	if err != nil {
		return err
	}
	trying, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	if _, err := role.Retrieve(trying); err != nil {
		return fmt.Errorf("nothing is granted: %w", err)
	}
	token, hash := newToken()
	path, err := grants.add(g.name, g.file(hash, time.Now()))
	if err != nil {
		return err
	}
	if g.tokenFile != "" {
		if err := writeToken(g.tokenFile, token); err != nil {
			return errors.Join(err, grants.remove(g.name))
		}
	}
	fmt.Fprintf(w.stderr, "granted %s to the service %s (%s)\n", g.role, g.name, path)
	unheeded := g.await(ctx, w, token, grants)
	if g.tokenFile == "" { // the token is printed in any case: it is the only copy
		fmt.Fprintf(w.stdout, "SLUICE_CREDENTIAL_TOKEN=%s\n", token)
	} else {
		fmt.Fprintf(w.stderr, "its token is in %s\n", g.tokenFile)
	}
	return unheeded
}

// file is the grant's file.
func (g *wanted) file(hash string, now time.Time) grantFile {
	s := grantService{
		TokenHash: hash, Granted: now.UTC().Format(time.RFC3339),
		Role: grantRole{ARN: g.role, SessionName: "sluice", Duration: int(g.session / time.Second), ExternalID: g.externalID},
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
