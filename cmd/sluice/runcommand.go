package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"sluice/creds/standard"
	"sluice/internal/slowfs"
	"sluice/sidecar"
	"sluice/sidecar/config"
)

// runFlags are what the flags of "run" ask for.
type runFlags struct {
	grant   grantRequest // with --role
	service string       // of the configuration, with --service
	serve   serveFlags   // where the configuration is
}

func newRun(w world) *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run --role ARN|--service NAME -- COMMAND…",
		Short: "Run a command with AWS credentials of its own",
		Long: `Run a command with the credentials of a role, or of a service of sluice serve's
configuration. They come over the interface of ECS, from an address and with a token
that are the command's alone and gone with it, and stay fresh while it runs.

AWS keys, profiles and other sources are taken out of the command's environment.
Signals are passed on, and the exit code is the command's.`,
		Example: `  sluice run --role arn:aws:iam::123456789012:role/deploy -- aws s3 ls
  sluice run --service app --config config.yaml -- ./app`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd.Context(), w, cmd.InOrStdin(), args)
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.StringVar(&flags.grant.role, "role", "", "`ARN` of the role")
	f.StringVar(&flags.service, "service", "", "service of the configuration")
	f.StringVar(&flags.serve.config, "config", "", "configuration `file`, with --service (default as sluice serve's)")
	f.StringVar(&flags.grant.region, "region", "", "region whose STS is asked, and the command's")
	f.DurationVar(&flags.grant.session, "session-duration", time.Hour, "life of a key, 15m to 12h")
	f.StringVar(&flags.grant.externalID, "external-id", "", "external ID that the role's trust policy requires")
	f.StringVar(&flags.grant.profile, "profile", "",
		"profile whose keys assume the role (default: AWS_PROFILE, or else AWS's default chain)")
	cmd.MarkFlagsMutuallyExclusive("role", "service")
	cmd.MarkFlagsOneRequired("role", "service")
	return cmd
}

// run serves the command's credentials while it runs.
func (f *runFlags) run(ctx context.Context, w world, stdin io.Reader, args []string) error {
	c, name, err := f.configuration(ctx, w)
	if err != nil {
		return err
	}
	token, _ := newToken()
	service := c.Services[name]
	service.TokenHashes = [][sha256.Size]byte{sha256.Sum256([]byte(token))}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return failed(err)
	}
	c.Services = map[string]config.Service{name: service}
	c.Dynamic = config.Dynamic{}
	c.Metrics.Prometheus.Enabled = false
	c.Server.Listeners = []config.Listener{{Address: listener.Addr().String(), Faces: []string{config.FaceContainer}}}
	if err := hideMemory(); err != nil {
		return failed(err)
	}
	// A signal is the command's to obey, and its credentials last until it has.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stopped, err := serveFor(life, w, c, listener)
	if err != nil {
		end()
		return failed(err)
	}
	defer func() {
		end()
		<-stopped
	}()
	url := "http://" + listener.Addr().String() + "/v1/credentials"
	if err := tryCredentials(ctx, url, token); err != nil {
		return failed(err)
	}
	child := childCommand{args: args, url: url, token: token, region: regionOf(w, service.Source)}
	return child.run(w, stdin)
}

// regionOf is the region of a source: its own, or that of its profile, whose file the command does not see.
func regionOf(w world, from config.Source) string {
	o, file := chainOptions(from)
	sources := standard.NewSources(standard.Environment{Getenv: func(name string) string {
		if file != "" && name == "AWS_CONFIG_FILE" {
			return file
		}
		return w.getenv(name)
	}})
	defer sources.Close()
	return cmp.Or(from.Region, sources.Region(o))
}

// configuration returns a configuration with the service whose key the command gets, and its name.
func (f *runFlags) configuration(ctx context.Context, w world) (c *config.Config, name string, err error) {
	if f.grant.role != "" {
		c, err = f.grant.check(ctx, w.getenv, time.Now())
		return c, f.grant.name, err
	}
	env := newEnvironment(ctx, w.getenv, &slowfs.FS{Timeout: startTimeout})
	_, c, err = readServeConfig(ctx, env, w.getenv, f.serve)
	if err != nil {
		return nil, "", failed(err)
	}
	if _, there := c.Services[f.service]; !there {
		return nil, "", fmt.Errorf("--service %q is not in the configuration: name one of its services", f.service)
	}
	return c, f.service, nil
}

// serveFor serves credentials at a listener until ctx ends. stopped is closed when that is done.
func serveFor(ctx context.Context, w world, c *config.Config, listener net.Listener) (
	stopped chan struct{}, err error,
) {
	fsys := &slowfs.FS{}
	sources := newServiceSources(withFileVariables(ctx, w.getenv, fsys), sourceDisk{ctx: ctx, fs: fsys})
	server, err := sidecar.New(ctx, sidecar.Options{
		Config:      c,
		Version:     version,
		Environment: newEnvironment(ctx, w.getenv, fsys),
		Sources:     sources,
		Now:         sources.now,
		Log:         slog.New(newLogHandler(w.stderr, slog.LevelError, true)),
		Audit:       slog.New(slog.DiscardHandler), // one command has the credentials, and nobody else
		Listen:      func(context.Context, config.Listener) (net.Listener, error) { return listener, nil },
	})
	if err != nil {
		sources.close()
		return nil, errors.Join(err, listener.Close())
	}
	stopped = make(chan struct{})
	go func() {
		defer close(stopped)
		defer sources.close()
		if err := server.Run(ctx); err != nil {
			fmt.Fprintf(w.stderr, "sluice: the command gets no credentials any more: %v\n", err)
		}
	}()
	return stopped, nil
}

// tryCredentials asks for credentials as the command will. Why there are none is in the log.
func tryCredentials(ctx context.Context, url, token string) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", token)
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return fmt.Errorf("ask for credentials: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("the command was not run, since there are no credentials for it")
	}
	return nil
}
