// Package sidecar runs sluice serve as users do, in a network namespace that has the addresses of AWS's metadata
// services. Unmodified clients ask it there, and use the keys they get with a real S3 server, where keys really
// expire.
package sidecar

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sluice/test/testenv"
)

// inside marks the run within the namespace.
const inside = "SLUICE_SIDECAR_INSIDE"

// keyLife is the lifetime of STS's keys. It leaves a slow client enough time to use one.
const keyLife = 8 * time.Second

// planted is in each secret that a test makes up. test/run.sh looks for it in what the tests print.
const planted = "PLANTED7secret"

// world is what all tests share.
var world struct {
	skip    string // why the tests cannot run, "" if they can
	program string // sluice
	script  string // testdata/client.py
	sts     *testenv.STS
	s3      *testenv.S3
	roles   atomic.Int32 // made so far
}

const bucket = "sidecar"

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sidecar:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if world.skip = prepare(); world.skip != "" {
		return m.Run(), nil // each test skips itself by its name
	}
	if os.Getenv(inside) == "" {
		code, err = testenv.RunInNamespace(inside + "=1")
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
			return code, err
		}
		world.skip = fmt.Sprintf("no network namespace can be made here: %v", err)
		return m.Run(), nil
	}
	if err := addAddresses(); err != nil {
		return 0, err
	}
	return withServers(m)
}

// prepare finds what is needed, and returns what is missing.
func prepare() (missing string) {
	// Absolute: the S3 server changes the working directory.
	for name, path := range map[string]*string{
		"../../build/sluice": &world.program,
		"testdata/client.py": &world.script,
	} {
		found, err := filepath.Abs(name)
		if err == nil {
			_, err = os.Stat(found)
		}
		if err != nil {
			return "run make first: " + err.Error()
		}
		*path = found
	}
	if os.Getuid() != 0 {
		return "only root may make a network namespace"
	}
	return ""
}

// addAddresses sets up the namespace: loopback, and the addresses of ECS's, EKS's and EC2's services.
func addAddresses() error {
	if err := testenv.SetLoopback(); err != nil {
		return fmt.Errorf("set the loopback device up: %w", err)
	}
	for _, address := range []string{"169.254.170.2", "169.254.170.23", "169.254.169.254"} {
		if err := testenv.AddAddress(netip.MustParseAddr(address)); err != nil {
			return err
		}
	}
	return nil
}

// withServers runs the tests beside STS and S3.
func withServers(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "sluice-sidecar-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if world.sts, err = testenv.StartSTS(keyLife); err != nil {
		return 0, err
	}
	defer world.sts.Close()
	config := testenv.S3Config{Dir: filepath.Join(dir, "s3"), IAM: world.sts, Bucket: bucket}
	if world.s3, err = testenv.StartS3(config); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.s3.Close()) }()
	return m.Run(), nil
}

// needWorld skips a test that cannot run here.
func needWorld(t *testing.T) {
	t.Helper()
	if world.skip != "" {
		t.Skip(world.skip)
	}
}

// newRole returns the ARN of a role that no other test uses.
func newRole() string {
	return fmt.Sprintf("arn:aws:iam::123456789012:role/r%d", world.roles.Add(1))
}
