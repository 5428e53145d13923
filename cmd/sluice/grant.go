package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/slowfs"
	"sluice/sidecar"
	"sluice/sidecar/config"
)

func newGrant(w world) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:   "grant",
		Short: "Give an application an AWS role through sluice serve",
		Args:  cobra.NoArgs,
		RunE:  needsSubcommand,
	}
	cmd.PersistentFlags().StringVar(&dir, "grants", "", "`folder` of grants (default "+grantsHelp+")")
	grants := func() grantFolder { return grantFolder(grantsDir(w.getenv, dir)) }
	cmd.AddCommand(newGrantAWS(w, grants), newGrantList(w, grants), newGrantRevoke(w, grants))
	return cmd
}

// grantRequest is what the flags of "grant aws" ask for.
type grantRequest struct {
	name       string // of the service
	role       string // its ARN
	region     string
	externalID string
	profile    string
	tokenFile  string        // "" to print the token
	session    time.Duration // life of a key
	validFor   time.Duration // 0 for no end
	wait       time.Duration // for the running sidecar
	sidecar    string        // URL of its face process
}

func newGrantAWS(w world, grants func() grantFolder) *cobra.Command {
	g := grantRequest{}
	cmd := &cobra.Command{
		Use:   "aws --role ARN",
		Short: "Try a role and grant it",
		Long: `Try to assume a role and, if that works, add it to the services of "sluice serve". A
running sidecar notices by itself. The command waits until the sidecar accepts the
grant's token, or says that no sidecar answers.

The application's token is printed once and only its hash is kept. The grant is a
configuration file and contains no secret.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := g.check(cmd.Context(), w.getenv, time.Now())
			if err != nil {
				return err
			}
			return failed(g.grant(cmd.Context(), w, grants(), c))
		},
	}
	f := cmd.Flags()
	f.StringVar(&g.role, "role", "", "`ARN` of the role (required)")
	f.StringVar(&g.name, "name", "", "name of the service (default: the role's)")
	f.StringVar(&g.region, "region", "", "region whose STS is asked")
	f.DurationVar(&g.session, "session-duration", 15*time.Minute, "life of a key, 15m to 12h")
	f.StringVar(&g.externalID, "external-id", "", "external ID that the role's trust policy requires")
	f.StringVar(&g.profile, "profile", "",
		"profile whose keys assume the role (default: AWS_PROFILE, or else AWS's default chain)")
	f.DurationVar(&g.validFor, "valid-for", 0, "end the grant after this time, such as 720h (default: never)")
	f.StringVar(&g.tokenFile, "token-file", "", "write the token into this new `file` instead of printing it")
	f.StringVar(&g.sidecar, "sidecar", "http://localhost:1338/_aws/credentials",
		"`URL` of the running sidecar's face process, http://… or unix:/…")
	f.DurationVar(&g.wait, "wait", 15*time.Second,
		"how long to wait for the sidecar to accept the grant; 0 for not at all")
	cobra.CheckErr(cmd.MarkFlagRequired("role"))
	return cmd
}

// tryTimeout bounds the attempt to assume the role.
const tryTimeout = time.Minute

// grant tries the role, and keeps the grant if that works.
func (g *grantRequest) grant(ctx context.Context, w world, grants grantFolder, c *config.Config) error {
	if err := g.try(ctx, w, c); err != nil {
		return err
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
	notAccepted := g.waitForSidecar(ctx, w, token, grants)
	if g.tokenFile == "" { // printed in any case, since it is the only copy
		fmt.Fprintf(w.stdout, "SLUICE_CREDENTIAL_TOKEN=%s\n", token)
	} else {
		fmt.Fprintf(w.stderr, "its token is in %s\n", g.tokenFile)
	}
	return notAccepted
}

// try assumes the role once, as the sidecar will.
func (g *grantRequest) try(ctx context.Context, w world, c *config.Config) error {
	disk := sourceDisk{ctx: ctx, fs: &slowfs.FS{Timeout: startTimeout}}
	sources := newServiceSources(w.getenv, disk)
	defer sources.close()
	role, err := sidecar.Provider(c.Services[g.name], sources)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	if _, err := role.Retrieve(ctx); err != nil {
		return fmt.Errorf("nothing is granted: %w", err)
	}
	return nil
}
