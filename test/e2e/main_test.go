// Package e2e runs the plugin in the real Fluent Bit. The test binary runs itself again within a network
// namespace of its own, in which 169.254.169.254 is a mock of the instance metadata service: Fluent Bit
// and the plugin start with nothing but a PATH and a HOME, as on a new EC2 instance.
package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/versity/versitygw/s3api"

	"sluice/test/testenv"
)

// inside marks the second run, and carries the mock's program, which had to be built with a network.
const inside = "SLUICE_E2E_IMDS"

// world is what all tests share.
var world struct {
	skip            string // why there is nothing to test with, if so
	program, plugin string
	version         testenv.Version // of Fluent Bit
	command         string          // sluice, "" if it was not built
	output          string          // the output's name: $SLUICE_E2E_OUTPUT for a look at the built-in one
	s3              *testenv.S3
	outage          testenv.Outage // of the S3 server
	buckets         atomic.Int32   // made so far
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if world.skip = prepare(); world.skip != "" {
		return m.Run(), nil // each test skips itself by its name
	}
	dir, err := os.MkdirTemp("", "sluice-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	imds := os.Getenv(inside)
	if imds == "" {
		return again(dir)
	}
	stop, err := settle(dir, imds)
	if err != nil {
		return 0, err
	}
	defer stop()
	return m.Run(), nil
}

// prepare finds what is needed and says what is missing.
func prepare() (missing string) {
	var err error
	if world.program, err = testenv.FindFluentBit(); err != nil {
		return "there is no Fluent Bit here: " + err.Error()
	}
	if world.version, err = (testenv.FluentBit{Program: world.program}).Version(); err != nil {
		return err.Error()
	}
	if world.output = os.Getenv("SLUICE_E2E_OUTPUT"); world.output == "" {
		world.output = "sluice"
		if world.plugin, err = testenv.FindPlugin(); err != nil {
			return "the plugin has not been built: " + err.Error()
		}
	}
	if command, err := testenv.FindCommand(); err == nil {
		world.command = command
	}
	if os.Getuid() != 0 {
		return "only root may make a network namespace"
	}
	return ""
}

// again runs this test binary for each Fluent Bit, in a new network namespace. It returns the worst exit code.
func again(dir string) (code int, err error) {
	imds, err := testenv.BuildIMDS(context.Background(), dir)
	if err != nil {
		return 0, err
	}
	programs, err := testenv.FindFluentBits()
	if err != nil {
		return 0, err
	}
	for _, program := range programs {
		fmt.Printf("=== %s\n", program)
		one, err := testenv.RunInNamespace(inside+"="+imds, "FLUENT_BIT="+program)
		if err != nil {
			return 0, err
		}
		code = max(code, one)
	}
	return code, nil
}

// settle furnishes the namespace: loopback, the metadata service's address, and the two servers.
func settle(dir, imdsProgram string) (stop func(), err error) {
	if err := testenv.SetLoopback(); err != nil {
		return nil, fmt.Errorf("set the loopback device up: %w", err)
	}
	if err := testenv.AddAddress(netip.MustParseAddr("169.254.169.254")); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	imds, err := testenv.StartIMDS(ctx, testenv.IMDSConfig{Program: imdsProgram, Dir: dir, Addr: "169.254.169.254:80"})
	if err != nil {
		return nil, err
	}
	if world.s3, err = testenv.StartS3(testenv.S3Config{Dir: filepath.Join(dir, "s3"),
		Hooks: []s3api.Option{world.outage.Hook()}}); err != nil {
		imds.Close()
		return nil, err
	}
	return func() {
		imds.Close()
		if err := world.s3.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: stop the S3 server:", err)
		}
	}, nil
}

// needWorld skips a test where there is nothing to test with.
func needWorld(t *testing.T) {
	t.Helper()
	if world.skip != "" {
		t.Skip(world.skip)
	}
}

// needVersion skips a test that asks what older versions of Fluent Bit cannot do.
func needVersion(t *testing.T, oldest testenv.Version, what string) {
	t.Helper()
	if world.version.Before(oldest) {
		t.Skipf("Fluent Bit %s: before %s, %s", world.version, oldest, what)
	}
}

// newBucket makes a bucket for one test.
func newBucket(t *testing.T) testenv.Bucket {
	t.Helper()
	b := world.s3.Bucket(fmt.Sprintf("logs-%d", world.buckets.Add(1)))
	if err := b.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}
