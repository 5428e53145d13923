// Package docker runs the whole way in containers that the project's Dockerfile
// builds: the loader with the plugin, an S3 server, and a metadata service at
// its real address. It needs root, a Docker engine and debootstrap (there may be
// no registry), and says so when it skips.
package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

const (
	bucketName  = "docker-logs"
	imdsAddress = "169.254.169.254"
	lineCount   = 20_000 // of each tag
)

func TestContainers(t *testing.T) {
	skipWithout(t, "docker", "debootstrap", "nsenter", "ip")
	skipWithoutEngine(t)
	if os.Geteuid() != 0 {
		t.Skip("not root: the containers' addresses cannot be set")
	}
	base := baseImage(t)
	buildImage(t, base, "host", "sluice-test-host")
	serverImage(t, base, "sluice-test-s3", "-race", "sluice/test/cmd/s3server")
	serverImage(t, base, "sluice-test-imds", "github.com/aws/amazon-ec2-metadata-mock/cmd")

	w := newWorld(t)
	s3 := w.startS3(t)
	w.startIMDS(t)
	orders, access := testenv.Orders(lineCount), testenv.Access(lineCount)
	stats := w.ship(t, s3.endpoint, orders, access)
	t.Logf("loader:\n%s", stats)

	tally := testenv.NewTally(orders, access)
	if err := tally.Bucket(t.Context(),
		testenv.NewBucket(s3.endpoint, "us-east-1", bucketName, testenv.OwnerKeys())); err != nil {
		t.Fatal(err)
	}
	t.Logf("counted in S3:\n%s", tally)
	if err := tally.Err(); err != nil {
		t.Error(err)
	}
}

// buildImage builds a stage of the Dockerfile. All tests give the same arguments, so that the engine builds what the
// stages share once.
func buildImage(t *testing.T, base, stage, name string) {
	t.Helper()
	buildWith(t, base, base, stage, name)
}

// buildWith is buildImage with an image that has Fluent Bit.
func buildWith(t *testing.T, base, fluentBit, stage, name string) {
	t.Helper()
	docker(t, "build", "-q", "--target", stage, "-t", name, "--shm-size", "2g", "--build-arg", "GOCACHE=/dev/shm/go",
		"--build-arg", "GO_IMAGE="+base, "--build-arg", "HOST_IMAGE="+base,
		"--build-arg", "FLUENT_BIT_IMAGE="+fluentBit, buildContext(t))
}

func skipWithoutEngine(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("no Docker engine: %v: %s", err, lastLine(out))
	}
}

func skipWithout(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// run runs a program and returns what it prints on stdout.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "", "docker", args...)
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// baseImage returns an image with a C compiler and this machine's Go. It is
// made of Debian packages, once: no registry is asked.
func baseImage(t *testing.T) string {
	t.Helper()
	goVersion := run(t, "", "go", "env", "GOVERSION")
	name := "sluice-test-base:" + goVersion
	if exec.Command("docker", "image", "inspect", name).Run() == nil {
		return name
	}
	root := t.TempDir()
	run(t, "", "debootstrap", "--variant=minbase", "--include=gcc,libc6-dev,make,ca-certificates", "bookworm", root)
	run(t, "", "cp", "-a", run(t, "", "go", "env", "GOROOT"), filepath.Join(root, "usr/local/go"))
	prune(t, root)
	run(t, "", "sh", "-c",
		fmt.Sprintf("tar -C %s -c . | docker import -c 'ENV PATH=/usr/local/go/bin:/usr/bin:/bin:/usr/sbin:/sbin' - %s",
			root, name))
	return name
}

// prune removes what no build needs: an engine may walk all files of an image at
// each step.
func prune(t *testing.T, root string) {
	t.Helper()
	run(t, root, "sh", "-c", `
		rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/info
		rm -rf var/cache/apt var/lib/apt/lists
		cd usr/local/go && rm -rf test doc api misc
		find src -name testdata -prune -exec rm -rf {} + && find src -name '*_test.go' -delete`)
}

// imageWith makes an image of another and one file.
func imageWith(t *testing.T, name, from, file, path string) {
	t.Helper()
	dir := t.TempDir()
	run(t, "", "cp", file, filepath.Join(dir, "file"))
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), fmt.Appendf(nil, "FROM %s\nCOPY file %s\n", from, path),
		0o644); err != nil {
		t.Fatal(err)
	}
	docker(t, "build", "-q", "-t", name, dir)
}

// serverImage makes an image of a server that "go build" with args builds. The
// Dockerfile has stages for the servers, too; what is tested here is the
// plugin's, and these come out of the build cache of the other tests: hence
// -race, and the base image, which has a C library.
func serverImage(t *testing.T, base, name string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	run(t, "", "go", append([]string{"build", "-o", filepath.Join(dir, "server")}, args...)...)
	text := "FROM " + base + "\nCOPY server /server\nENTRYPOINT [\"/server\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	docker(t, "build", "-q", "-t", name, dir)
}

// buildContext returns a copy of the work tree with the modules beside it, so
// that the build needs no network. Of the tests the stage needs the loader only.
func buildContext(t *testing.T) string {
	t.Helper()
	top := run(t, "", "git", "rev-parse", "--show-toplevel")
	dir := t.TempDir()
	run(t, top, "sh", "-c",
		"{ git ls-files -co --exclude-standard -z -- . ':!test'; git ls-files -co --exclude-standard -z "+
			"test/host; } | tar -c --null --no-recursion -T - --ignore-failed-read | tar -x -C "+dir)
	run(t, dir, "go", "mod", "vendor")
	return dir
}

// world is a network with the containers in it.
type world struct{ network string }

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{fmt.Sprintf("sluice-test-%d", os.Getpid())}
	docker(t, "network", "create", w.network)
	t.Cleanup(func() { exec.Command("docker", "network", "rm", w.network).Run() })
	return w
}

// start starts a container that is removed at the end of the test.
func (w world) start(t *testing.T, args ...string) (id string) {
	t.Helper()
	id = docker(t, append([]string{"run", "-d", "--network", w.network}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := exec.Command("docker", "logs", "--tail", "50", id).CombinedOutput()
			t.Logf("%s:\n%s", strings.Join(args, " "), logs)
		}
		exec.Command("docker", "rm", "-f", id).Run()
	})
	return id
}

func (w world) address(t *testing.T, id string) string {
	t.Helper()
	return docker(t, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id)
}

// inside runs ip(8) in a container's network.
func inside(t *testing.T, id string, args ...string) {
	t.Helper()
	pid := docker(t, "inspect", "-f", "{{.State.Pid}}", id)
	run(t, "", "nsenter", append([]string{"-t", pid, "-n", "ip"}, args...)...)
}

type server struct{ id, endpoint string }

func (w world) startS3(t *testing.T) server {
	t.Helper()
	id := w.start(t, "-v", t.TempDir()+":/data", "-v", t.TempDir()+":/tmp", "sluice-test-s3",
		"-dir", "/data", "-addr", "0.0.0.0:9000", "-bucket", bucketName)
	s := server{id, "http://" + w.address(t, id) + ":9000"}
	bucket := testenv.NewBucket(s.endpoint, "us-east-1", bucketName, testenv.OwnerKeys())
	if err := testenv.Wait(t.Context(), nil,
		func() bool { _, err := bucket.List(t.Context()); return err == nil }); err != nil {
		t.Fatalf("the S3 server does not answer: %v", err)
	}
	return s
}

// startIMDS starts the metadata service and gives it its real address, on its
// own loopback: no route of this machine is touched.
func (w world) startIMDS(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "imds.json"), testenv.IMDSAnswers(testenv.RoleKeys()),
		0o644); err != nil {
		t.Fatal(err)
	}
	id := w.start(t, "-v", dir+":/etc/imds:ro", "-e", "HOME=/", "sluice-test-imds",
		"--hostname", "0.0.0.0", "--port", "80", "--config-file", "/etc/imds/imds.json", "--imdsv2")
	inside(t, id, "addr", "add", imdsAddress+"/32", "dev", "lo")
	w.imds(t, w.address(t, id))
}

// imds starts the container whose network the plugin will have, with a route to
// the metadata service.
func (w world) imds(t *testing.T, gateway string) {
	t.Helper()
	w.start(t, "--name", w.pause(), "--entrypoint", "sleep", "sluice-test-host", "infinity")
	inside(t, w.pause(), "route", "add", imdsAddress, "via", gateway)
}

func (w world) pause() string { return w.network + "-host" }

// ship runs the loader with the plugin until all lines are in S3, and returns
// what it printed. The loader fails unless every chunk was accepted.
func (w world) ship(t *testing.T, endpoint string, streams ...testenv.Lines) string {
	t.Helper()
	logs := t.TempDir()
	args := []string{"run", "--rm", "--network", "container:" + w.pause(), "-v", logs + ":/logs:ro", "-v",
		t.TempDir() + ":/spool", "sluice-test-host",
		"-o", "sluice", "-p", "match=*", "-p", "bucket=" + bucketName, "-p", "endpoint=" + endpoint, "-p",
		"store_dir=/spool",
		"-p", "s3_key_format=/logs/$TAG/$INDEX", "-p", "compression=gzip", "-p", "total_file_size=1M", "-p",
		"exit_timeout=60s", "-w", "1"}
	for _, s := range streams {
		if _, err := s.WriteFile(logs); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--lines", s.Tag+"=/logs/"+filepath.Base(s.File(logs)))
	}
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("loader: %v\n%s", err, out)
	}
	return string(out)
}
