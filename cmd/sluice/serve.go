package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"sluice/internal/slowfs"
	"sluice/sidecar"
	"sluice/sidecar/config"
)

// serveFlags are CredProxy's flags and ours.
type serveFlags struct {
	config       string
	grants       string
	health       string // URL
	logLevel     string
	dev          bool
	printSchema  bool
	validateOnly bool
	version      bool
}

func newServe(w world) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Give applications AWS credentials over the interfaces that AWS SDKs use (the sidecar)",
		Long: `Give applications AWS credentials over the interfaces that AWS SDKs use: ECS's
and EKS's container credentials, EC2's instance metadata, and a document for
credential_process. It replaces CredProxy and accepts its configuration, flags
and environment (CREDPROXY_CONFIG_FILE, CREDPROXY_LOG_LEVEL and so on).

It also serves what "sluice grant" has granted. Without a configuration file it
serves only that. SIGHUP makes it read all files again; SIGTERM ends it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), w, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.config, "config", "",
		"configuration `file`, YAML or JSON (default "+defaultConfig+"; CREDPROXY_CONFIG_FILE wins)")
	f.BoolVar(&flags.validateOnly, "validate-only", false, "validate the configuration and exit")
	f.StringVar(&flags.logLevel, "log-level", "",
		"`level` of the log: DEBUG, INFO, WARNING, ERROR or CRITICAL (default INFO)")
	f.BoolVar(&flags.version, "version", false, "print the version and exit")
	f.BoolVar(&flags.dev, "dev", false, "log as text, at level DEBUG")
	f.BoolVar(&flags.printSchema, "print-schema", false, "print the JSON Schema of the configuration and exit")
	f.StringVar(&flags.health, "health", "",
		"ask the sidecar at this `URL` whether it can give credentials, and exit with 0 if it can")
	f.Lookup("health").NoOptDefVal = "http://localhost:1338/health"
	f.StringVar(&flags.grants, "grants", "", "`folder` of grants (default "+grantsHelp+")")
	return cmd
}

// serve does what the flags say.
func serve(ctx context.Context, w world, flags serveFlags) error {
	switch {
	case flags.version:
		printVersion(w)
		return nil
	case flags.printSchema:
		text, err := config.Schema()
		if err != nil {
			return failed(err)
		}
		fmt.Fprintf(w.stdout, "%s\n", text)
		return nil
	case flags.health != "":
		return failed(checkHealth(ctx, w, flags.health))
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // which would end the process otherwise
	defer signal.Stop(hangups)
	env := newEnvironment(ctx, w.getenv, &slowfs.FS{Timeout: startTimeout})
	level, err := parseLogLevel(flags, env)
	if err != nil {
		return err
	}
	file, c, err := readServeConfig(ctx, env, w.getenv, flags)
	if err != nil {
		return failed(err)
	}
	if flags.validateOnly {
		return printValid(w, file, c)
	}
	if c.Server.Debug {
		level = slog.LevelDebug
	}
	return failed(runServe(ctx, w, sidecar.Options{
		Config:  c,
		File:    file,
		Grants:  grantsDir(w.getenv, flags.grants),
		Version: version,
		Reload:  hangups,
		Log:     slog.New(newLogHandler(w.stderr, level, flags.dev)),
		Audit:   slog.New(newLogHandler(w.stderr, slog.LevelInfo, flags.dev)), // whatever the level of the log
	}))
}

// printValid says that a configuration is valid, with its warnings.
func printValid(w world, file string, c *config.Config) error {
	if file == "" {
		return errors.New("--validate-only found no configuration: set --config or CREDPROXY_CONFIG_FILE " +
			"(" + defaultConfig + " does not exist)")
	}
	for _, warning := range c.Warnings {
		fmt.Fprintf(w.stderr, "warning: %s\n", warning)
	}
	fmt.Fprintln(w.stdout, "the configuration is valid:", file)
	return nil
}

// runServe runs the sidecar until ctx ends. It completes the options.
func runServe(ctx context.Context, w world, o sidecar.Options) error {
	if err := disableCoreDumps(); err != nil {
		return err
	}
	for _, warning := range o.Config.Warnings {
		o.Log.Warn(warning)
	}
	if o.Grants != "" {
		if err := os.MkdirAll(o.Grants, 0o700); err != nil { // so that the first grant is noticed at once
			o.Log.Info("the folder of grants cannot be made; if it is made later, it is found within reload_interval",
				"error", err)
		}
	}
	fsys := &slowfs.FS{}
	getenv, hidden := hideOwnAddresses(withFileVariables(ctx, w.getenv, fsys), o.Config.Server.Listeners)
	for _, sentence := range hidden {
		o.Log.Info(sentence)
	}
	sources := newServiceSources(getenv, sourceDisk{ctx: ctx, fs: fsys})
	sources.hidden = hidden
	defer sources.close()
	systemd := newSupervisor(w.getenv, os.Getpid(), o.Log)
	o.OnReady, o.OnAlive, o.AliveInterval = systemd.ready, systemd.alive, systemd.interval
	defer context.AfterFunc(ctx, systemd.stopping)()
	o.Environment, o.Sources, o.Now = newEnvironment(ctx, w.getenv, fsys), sources, sources.now
	server, err := sidecar.New(ctx, o)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
