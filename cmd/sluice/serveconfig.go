package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"sluice/internal/slowfs"
	"sluice/sidecar/config"
)

// defaultConfig is CredProxy's.
const defaultConfig = "/credproxy/config.yaml"

// startTimeout is how long a start waits for a file. A running sidecar waits less,
// since it has other files to read.
const startTimeout = 10 * time.Second

// newEnvironment returns the environment of configurations. An empty variable
// counts as not set.
func newEnvironment(ctx context.Context, getenv func(string) string, fsys *slowfs.FS) config.Environment {
	getenv = withFileVariables(ctx, getenv, fsys)
	return config.Environment{
		LookupEnv: func(name string) (string, bool) { value := getenv(name); return value, value != "" },
		ReadFile:  fsys.ReadFile,
		ReadDir:   fsys.ReadDir,
		Stat:      fsys.Stat,
	}
}

// withFileVariables lets NAME__FILE name a file with the value of the variable
// NAME, as CredProxy's image does for Docker secrets, which then are in no
// environment.
func withFileVariables(ctx context.Context, getenv func(string) string, fsys *slowfs.FS) func(string) string {
	return func(name string) string {
		if path := getenv(name + "__FILE"); path != "" {
			if content, err := fsys.ReadFile(ctx, path); err == nil {
				return strings.TrimRight(string(content), "\r\n")
			}
		}
		return getenv(name)
	}
}

// readServeConfig reads the configuration. As with CredProxy, the variable wins
// over the flag. Without a file there are only grants, and file is "".
func readServeConfig(
	ctx context.Context, env config.Environment, getenv func(string) string, flags serveFlags,
) (file string, c *config.Config, err error) {
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
		only := "dynamic_services: {enabled: true, directories: [" + strconv.Quote(grants) + "]}"
		file, text, err = "", []byte(only), nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, err = config.Parse(ctx, file, text, env)
	return file, c, err
}

// parseLogLevel returns the level that the flag, or else the variable, names.
func parseLogLevel(flags serveFlags, env config.Environment) (slog.Level, error) {
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
	case "WARNING", "WARN": // CredProxy's documentation has both
		return slog.LevelWarn, nil
	case "ERROR", "CRITICAL":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("%s %q is not a log level: write DEBUG, INFO, WARNING, ERROR or CRITICAL", where, name)
}

func newLogHandler(out io.Writer, level slog.Level, text bool) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if text {
		return slog.NewTextHandler(out, o)
	}
	return slog.NewJSONHandler(out, o)
}
