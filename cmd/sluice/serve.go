package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/slowfs"
	"sluice/sidecar"
	"sluice/sidecar/config"
)

// serveFlags are CredProxy's, and what it does not have.
type serveFlags struct {
	config, logLevel, grants                string
	health                                  string
	validateOnly, version, dev, printSchema bool
}

// defaultConfig is where CredProxy looks.
const defaultConfig = "/credproxy/config.yaml"

func newServe(w world) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Give applications AWS credentials over the interfaces that AWS's SDKs ask (the sidecar)",
		Long: `Give applications AWS credentials over the interfaces that AWS's SDKs ask: ECS's
and EKS's container credentials, EC2's instance metadata, and a document for
credential_process. Takes the place of CredProxy with its configuration, flags
and environment (CREDPROXY_CONFIG_FILE, CREDPROXY_LOG_LEVEL …).

The services of "sluice grant" are served, too. Without a configuration file
they are all there is. SIGHUP has all files read again, SIGTERM ends it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), w, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.config, "config", "", "configuration, YAML or JSON (default "+defaultConfig+"; CREDPROXY_CONFIG_FILE wins)")
	f.BoolVar(&flags.validateOnly, "validate-only", false, "check the configuration, and end")
	f.StringVar(&flags.logLevel, "log-level", "", "DEBUG, INFO, WARNING, ERROR or CRITICAL (default INFO)")
	f.BoolVar(&flags.version, "version", false, "print the version, and end")
	f.BoolVar(&flags.dev, "dev", false, "log everything, as text")
	f.BoolVar(&flags.printSchema, "print-schema", false, "print the configuration's JSON Schema, and end")
	f.StringVar(&flags.health, "health", "", "ask a running sidecar for its health, and end with 0 if it can give credentials")
	f.Lookup("health").NoOptDefVal = "http://localhost:1338/health"
	f.StringVar(&flags.grants, "grants", "", "folder of what \"sluice grant\" has granted (default "+grantsHelp+")")
	return cmd
}

func serve(ctx context.Context, w world, flags serveFlags) error {
	switch {
	case flags.version:
		fmt.Fprintln(w.stdout, "sluice", version)
		return nil
	case flags.printSchema:
		text, err := config.Schema()
		if err != nil {
			return failed(err)
		}
		fmt.Fprintf(w.stdout, "%s\n", text)
		return nil
	case flags.health != "":
		return failed(askHealth(ctx, w, flags.health))
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // which would end the process otherwise
	defer signal.Stop(hangups)
	env := newServeWorld(ctx, w, &slowfs.FS{Timeout: startPatience})
	level, err := logLevel(flags, env)
	if err != nil {
		return err
	}
	file, parsed, err := readServeConfig(ctx, env, w.getenv, flags)
	if err != nil {
		return failed(err)
	}
	if flags.validateOnly && file == "" {
		return errors.New("--validate-only has read no configuration: name one by --config or CREDPROXY_CONFIG_FILE " +
			"(there is none at " + defaultConfig + ")")
	}
	if flags.validateOnly {
		for _, warning := range parsed.Warnings {
			fmt.Fprintf(w.stderr, "warning: %s\n", warning)
		}
		fmt.Fprintln(w.stdout, "the configuration is valid:", file)
		return nil
	}
	if parsed.Server.Debug {
		level = slog.LevelDebug
	}
	return failed(runServe(ctx, w, sidecar.Options{
		Config: parsed, File: file, Grants: grantsDir(w.getenv, flags.grants), Version: version, Reload: hangups,
		Log:   slog.New(logHandler(w.stderr, level, flags.dev)),
		Audit: slog.New(logHandler(w.stderr, slog.LevelInfo, flags.dev)), // whatever the level of the log
	}))
}

// startPatience is how long a start waits for a file. A running sidecar has less: it has others to
// look at.
const startPatience = 10 * time.Second

func runServe(ctx context.Context, w world, o sidecar.Options) error {
	if err := forbidCores(); err != nil {
		return err
	}
	for _, warning := range o.Config.Warnings {
		o.Log.Warn(warning)
	}
	disk := &slowfs.FS{}
	getenv, hidden := withoutItself(fileVariables(ctx, w.getenv, disk), o.Config.Server.Listeners)
	for _, sentence := range hidden {
		o.Log.Info(sentence)
	}
	if o.Grants != "" {
		if err := os.MkdirAll(o.Grants, 0o700); err != nil { // so that the first grant is noticed at once
			o.Log.Info("the folder of grants cannot be made; one that is made later is found within reload_interval", "error", err)
		}
	}
	sources := newServeSources(getenv, sourceDisk{ctx: ctx, disk: disk})
	sources.hidden = hidden
	defer sources.close()
	o.Environment, o.Sources, o.Now = newServeWorld(ctx, w, disk), sources, sources.now
	server, err := sidecar.New(ctx, o)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

// readServeConfig reads the configuration. As with CredProxy, the variable wins
// over the flag. Without a file there are only grants.
func readServeConfig(ctx context.Context, env config.Environment, getenv func(string) string, flags serveFlags) (file string, parsed *config.Config, err error) {
	file = env.Setting("CONFIG_FILE")
	if file == "" {
		file = flags.config
	}
	named := file != ""
	if !named {
		file = defaultConfig
	}
	text, err := env.ReadFile(ctx, file)
	grants := grantsDir(getenv, flags.grants)
	if errors.Is(err, fs.ErrNotExist) && !named && grants != "" {
		file, text, err = "", []byte("dynamic_services: {enabled: true, directories: ["+strconv.Quote(grants)+"]}"), nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	}
	parsed, err = config.Parse(ctx, file, text, env)
	return file, parsed, err
}

// logLevel returns the level of the log: the flag's, or else the variable's.
func logLevel(flags serveFlags, env config.Environment) (slog.Level, error) {
	name, where := flags.logLevel, "--log-level"
	if name == "" {
		name, where = env.Setting("LOG_LEVEL"), "CREDPROXY_LOG_LEVEL"
	}
	switch strings.ToUpper(strings.TrimSpace(name)) {
	case "":
		if flags.dev {
			return slog.LevelDebug, nil
		}
		return slog.LevelInfo, nil
	case "DEBUG":
		return slog.LevelDebug, nil
	case "INFO":
		return slog.LevelInfo, nil
	case "WARNING":
		return slog.LevelWarn, nil
	case "ERROR", "CRITICAL":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("%s %q is no level: write DEBUG, INFO, WARNING, ERROR or CRITICAL", where, name)
}

func logHandler(out io.Writer, level slog.Level, text bool) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if text {
		return slog.NewTextHandler(out, o)
	}
	return slog.NewJSONHandler(out, o)
}
