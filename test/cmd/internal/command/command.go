// Package command is what the commands of the tests share: how they begin and end.
//
//	func main() { command.Main("demo", run) }
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// ErrUsage ends a command whose arguments have been complained about.
var ErrUsage = errors.New("wrong usage")

// Main runs a command until it ends, or until SIGINT or SIGTERM, and exits: 0 for nil, 2 for
// ErrUsage, else 1.
func Main(name string, run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, ErrUsage) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// FindPlugin returns a plugin's absolute path: the S3 server changes the working directory.
func FindPlugin(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no plugin yet (make builds it): %w", err)
	}
	return path, nil
}
