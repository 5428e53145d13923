package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// probeName is the name under which sluice is CredProxy's probe: the health checks in its Compose files call it.
const probeName = "lprobe"

// The probe's exit codes.
const (
	probeUsage       = 1
	probeUnreachable = 2
	probeUnhealthy   = 4
)

// probe asks this host for its health as lprobe does, with the same flags and exit codes, over
// HTTP only. It also accepts a URL, as in some examples of CredProxy.
func probe(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	url, timeout, err := parseProbe(args, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", probeName, err)
		return probeUsage
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = checkHealth(ctx, world{stdout: stdout, stderr: stderr}, url)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "%s: %v\n", probeName, err)
	var unreachable *net.OpError
	if errors.As(err, &unreachable) || ctx.Err() != nil {
		return probeUnreachable
	}
	return probeUnhealthy
}

// parseProbe returns what to ask, and how long to wait for it.
func parseProbe(args []string, stderr io.Writer) (url string, timeout time.Duration, err error) {
	flags := flag.NewFlagSet(probeName, flag.ContinueOnError)
	flags.SetOutput(stderr)
	mode := flags.String("mode", "http", "http")
	port := flags.Int("port", 1338, "port of this host")
	endpoint := flags.String("endpoint", "/health", "path to ask for")
	connect := flags.Duration("connect-timeout", time.Second, "how long connecting may take")
	answer := flags.Duration("rpc-timeout", time.Second, "how long the answer may take")
	flags.String("user-agent", "", "has no effect")
	flags.Bool("v", false, "has no effect")
	if err := flags.Parse(args); err != nil {
		return "", 0, err
	}
	if *mode != "http" {
		return "", 0, fmt.Errorf("-mode %q is not supported: write http", *mode)
	}
	url = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)) + "/" + strings.TrimPrefix(*endpoint, "/")
	if flags.NArg() > 0 {
		url = flags.Arg(0)
	}
	if _, err := http.NewRequest(http.MethodGet, url, nil); err != nil {
		return "", 0, err
	}
	return url, *connect + *answer, nil
}
