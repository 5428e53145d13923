// Crash kills Fluent Bit with the plugin in it, again and again at random moments, while lines come in and
// the S3 server is slow, refuses, loses answers, resets connections and restarts. At the end every line
// that Fluent Bit had accepted must be on S3, once.
//
//	go run ./cmd/crash -n 200 -signal KILL,TERM -workers 0,4
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"sluice/test/cmd/internal/command"
	"sluice/test/testenv"
)

func main() { command.Main("crash", run) }

// settings are one trial's, but for dir.
type settings struct {
	plugin  string // absolute, as dir: the S3 server changes the working directory
	host    testenv.Host
	kills   int
	signal  syscall.Signal
	workers int
	seed    uint64
	extra   []testenv.Property // of both outputs
	dir     string             // for everything
}

func (s settings) String() string {
	return fmt.Sprintf("%s, workers %d", signalName(s.signal), s.workers)
}

// needsTLS reports whether the plugin takes the properties with TLS alone.
func (s settings) needsTLS() bool {
	return slices.ContainsFunc(s.extra, func(p testenv.Property) bool { return p.Name == "sse_customer_key_file" })
}

func signalName(s syscall.Signal) string {
	return map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}[s]
}

// parse returns one trial for each signal and number of workers.
func parse(args []string, stderr io.Writer) (trials []settings, err error) {
	var s settings
	var host, signals, workers, set string
	flags := flag.NewFlagSet("crash", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.plugin, "plugin", "../build/out_sluice.so", "the plugin")
	flags.StringVar(&host, "host", "../build/flb-host", "the loader to use where there is no Fluent Bit")
	flags.IntVar(&s.kills, "n", 20, "how often to end the process, in each trial")
	flags.StringVar(&signals, "signal", "KILL,TERM", "by which signals")
	flags.StringVar(&workers, "workers", "0,4", "with which numbers of workers")
	flags.Uint64Var(&s.seed, "seed", 0, "of the random moments and faults; 0 for a new one")
	flags.StringVar(&set, "set", "", "more properties of the output: name=value,name=value")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return nil, command.ErrUsage
	}
	if s.plugin, err = command.FindPlugin(s.plugin); err != nil {
		return nil, err
	}
	if s.host, err = testenv.FindHost(host); err != nil {
		return nil, err
	}
	if s.seed == 0 {
		s.seed = rand.Uint64()
	}
	for property := range strings.SplitSeq(set, ",") {
		if name, value, ok := strings.Cut(property, "="); ok {
			s.extra = append(s.extra, testenv.Property{Name: name, Value: value})
		}
	}
	return s.matrix(signals, workers)
}

func (s settings) matrix(signals, workers string) (trials []settings, err error) {
	for name := range strings.SplitSeq(signals, ",") {
		switch name {
		case "KILL":
			s.signal = syscall.SIGKILL
		case "TERM":
			s.signal = syscall.SIGTERM
		default:
			return nil, fmt.Errorf("-signal %q is not known: use KILL or TERM", name)
		}
		for number := range strings.SplitSeq(workers, ",") {
			if s.workers, err = strconv.Atoi(number); err != nil {
				return nil, fmt.Errorf("-workers %q is no number", number)
			}
			trials = append(trials, s)
		}
	}
	return trials, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	trials, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sluice-crash-")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s, seed %d, files in %s\n", trials[0].host, trials[0].seed, dir)
	var results []result
	var failed error
	for i, s := range trials {
		s.dir = filepath.Join(dir, fmt.Sprint(i))
		r, err := try(ctx, s)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s, err))
		}
		results = append(results, r)
		fmt.Fprintln(stdout, r)
	}
	fmt.Fprint(stdout, "\n", table(results))
	if failed != nil {
		return fmt.Errorf("%w\nthe files are in %s", failed, dir)
	}
	return os.RemoveAll(dir)
}
