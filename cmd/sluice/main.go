// Command sluice checks, explains and repairs what the Fluent Bit output plugin
// out_sluice.so does, and gives AWS credentials to applications.
//
//	sluice check fluent-bit.conf
//	sluice creds explain
//	sluice spool ls /var/lib/fluent-bit/s3
//	sluice serve --config config.yaml
//	sluice run --role ARN -- COMMAND…
//	sluice version
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// version is set at link time.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if filepath.Base(os.Args[0]) == probeName {
		os.Exit(probe(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// world is what a command sees of its surroundings, apart from files and network.
type world struct {
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
}

// run runs the command that the arguments name, and returns the exit code.
func run(
	ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer,
) int {
	root := newRoot(world{getenv, stdout, stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var status exitStatus
	if errors.As(err, &status) { // the command has said why
		return int(status)
	}
	fmt.Fprintf(stderr, "sluice: %v\n", err)
	var failed *failure
	if errors.As(err, &failed) {
		return exitFailed
	}
	return exitUsage
}

// failure is an error of a command that was used correctly. All other errors, such
// as cobra's own, are about its usage.
type failure struct{ err error }

// Error returns the error's text.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the error.
func (f *failure) Unwrap() error { return f.err }

// failed makes a failure of an error, nil of nil.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "Check, explain and repair what ships Fluent Bit's logs to Amazon S3",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          needsSubcommand,
	}
	root.AddCommand(newVersion(w), newCreds(w), newCheck(w), newSpool(w), newServe(w), newHelper(w), newGrant(w),
		newRun(w), newStatus(w), newMan())
	return root
}

// needsSubcommand is what a group of commands runs by itself.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return fmt.Errorf("a command is missing: see %s --help", cmd.CommandPath())
}

func newVersion(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(*cobra.Command, []string) { printVersion(w) },
	}
}

func printVersion(w world) { fmt.Fprintln(w.stdout, "sluice", version) }
