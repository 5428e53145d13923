// Command sluice explains, checks and repairs what the Fluent Bit output
// out_sluice.so does, without Fluent Bit.
//
//	sluice check fluent-bit.conf
//	sluice creds explain
//	sluice spool ls /var/lib/fluent-bit/s3
//	sluice serve --config config.yaml
//	sluice version
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// version is set by the linker.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// world is what a command sees of its surroundings.
type world struct {
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(world{getenv, stdout, stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "sluice: %v\n", err)
	var failed *failure
	if errors.As(err, &failed) {
		return exitFailed
	}
	return exitUsage
}

// failure is an error of a command that was used rightly; cobra's own errors
// are about its use.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

func newRoot(w world) *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "Ship Fluent Bit's logs to Amazon S3: checks, credentials and repairs",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          needsSubcommand,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newVersion(w), newCreds(w), newCheck(w), newSpool(w), newServe(w), newHelper(w), newGrant(w))
	return root
}

func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return fmt.Errorf("which command? see %s --help", cmd.CommandPath())
}

func newVersion(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(*cobra.Command, []string) { fmt.Fprintln(w.stdout, "sluice", version) },
	}
}
