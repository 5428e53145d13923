// S3server runs the tests' S3 server alone, to be placed in another network namespace or container. It
// prints its endpoint when it is ready, and runs until it is stopped.
//
//	s3server -dir /abs/dir -addr 192.0.2.1:9000 -bucket logs
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"sluice/test/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "s3server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var cfg testenv.S3Config
	flags := flag.NewFlagSet("s3server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.Dir, "dir", "", "the objects' folder, absolute; required")
	flags.StringVar(&cfg.Addr, "addr", "", "host and port; default: a free port of 127.0.0.1")
	flags.StringVar(&cfg.Region, "region", "us-east-1", "region")
	flags.StringVar(&cfg.Bucket, "bucket", "", "a bucket to create")
	flags.StringVar(&cfg.Role.AccessKeyID, "role-key", "",
		"access key id of a role besides the owner; default: the example's")
	flags.StringVar(&cfg.Role.SecretAccessKey, "role-secret", "", "its secret")
	flags.StringVar(&cfg.Role.SessionToken, "role-token", "", "its session token")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if cfg.Dir == "" {
		return fmt.Errorf("-dir is required")
	}
	server, err := testenv.StartS3(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, server.Endpoint)
	<-ctx.Done()
	return server.Close()
}
