// Package credentials tests the whole chain of credentials over a real network: against a metadata service at EC2's own
// address that fails in every way, and against an S3 server whose keys really expire. To get that address, the test
// binary runs itself again in a network namespace of its own.
package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"sluice/test/testenv"
)

// inside marks the second run.
const inside = "SLUICE_CREDENTIALS_INSIDE"

// world is shared by all tests.
var world struct {
	skip   string // why there is no namespace, if so
	noIPv6 error  // why there is none in it, if so
	iam    *directory
	s3     *testenv.S3
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "credentials:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	switch {
	case os.Getenv(inside) != "":
		err = setUpNetwork()
	case os.Getuid() != 0:
		world.skip = "only root may make a network namespace"
	default:
		code, err = testenv.RunInNamespace(inside + "=1")
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
			return code, err
		}
		world.skip, err = fmt.Sprintf("no network namespace can be made here: %v", err), nil
	}
	if err != nil {
		return 0, err
	}
	return withS3(m)
}

// setUpNetwork gives the namespace loopback and the metadata service's addresses.
func setUpNetwork() error {
	if err := testenv.SetLoopback(); err != nil {
		return fmt.Errorf("set the loopback device up: %w", err)
	}
	world.noIPv6 = testenv.AddAddress(netip.MustParseAddr("fd00:ec2::254"))
	return testenv.AddAddress(netip.MustParseAddr("169.254.169.254"))
}

// withS3 runs the tests beside an S3 server, of which there can be one in a process.
func withS3(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "sluice-credentials-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	world.iam = newDirectory()
	if world.s3, err = testenv.StartS3(testenv.S3Config{Dir: filepath.Join(dir, "s3"), IAM: world.iam}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.s3.Close()) }()
	return m.Run(), nil
}

// needNamespace skips a test where EC2's address is not available.
func needNamespace(t *testing.T) {
	t.Helper()
	if world.skip != "" {
		t.Skip(world.skip)
	}
}
