package docker

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"testing"

	"sluice/test/testenv"
)

// TestComposeFilesOfFluentBit starts the Compose files with Fluent Bit as they are, on images that are made here, and
// waits for objects.
func TestComposeFilesOfFluentBit(t *testing.T) {
	skipWithout(t, "docker", "debootstrap")
	skipWithoutEngine(t)
	compose := composeCommand(t)
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skip("no fluent-bit: set FLUENT_BIT, or have it on the PATH")
	}
	base, clients := baseImage(t), clientsImage(t)
	imageWith(t, "sluice-test-fluent-bit", clients, program, "/fluent-bit/bin/fluent-bit")
	buildWith(t, base, "sluice-test-fluent-bit", "runtime", "sluice")

	t.Run("compose.yaml", func(t *testing.T) {
		skipUnlessFree(t, "127.0.0.1:9000")
		serverImage(t, base, "sluice-test-s3", "-race", "sluice/test/cmd/s3server")
		serverImage(t, base, "sluice-test-imds", "github.com/aws/amazon-ec2-metadata-mock/cmd")
		for service, image := range map[string]string{
			"s3": "sluice-test-s3", "imds": "sluice-test-imds", "fluent-bit": "sluice",
		} {
			for _, between := range []string{"_", "-"} { // of Compose 1 and 2
				name := projectName() + between + service
				docker(t, "tag", image, name)
				removeImage(t, name)
			}
		}
		newProject(t, compose, "../../compose.yaml", nil).run("up", "-d", "--no-build")
		waitForObject(t, testenv.NewBucket("http://127.0.0.1:9000", "us-east-1", "compose-logs", testenv.OwnerKeys()))
	})
	t.Run("log router", func(t *testing.T) {
		skipUnlessFree(t, "127.0.0.1:24224")
		skipUnlessFree(t, "127.0.0.1:2020")
		file, err := filepath.Abs("../../deploy/compose/compose.yaml")
		if err != nil {
			t.Fatal(err)
		}
		t.Chdir(".") // the S3 server changes the working directory: back at the end
		server, err := testenv.StartS3(testenv.S3Config{
			Dir: t.TempDir(), Bucket: bucketName, Addr: freeAddr(t, gateway(t, clients)),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		newProject(t, compose, file, []string{
			"HOME=" + homeWith(t, "s3", server.Endpoint), "LOG_BUCKET=" + bucketName, "AWS_REGION=us-east-1",
		}).run("up", "-d")
		// The driver fails until Fluent Bit listens.
		wait(t, "a container that logs", func() bool {
			return exec.Command("docker", "run", "--rm", "--log-driver", "fluentd", "--log-opt", "tag=app.hello",
				clients, "echo", "hello").Run() == nil
		})
		waitForObject(t, server.Bucket(bucketName))
	})
}

// skipUnlessFree skips a test if something listens at an address that a Compose file publishes.
func skipUnlessFree(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err)
	}
	l.Close()
}

// freeAddr finds a free port of a host.
func freeAddr(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitForObject(t *testing.T, bucket testenv.Bucket) {
	t.Helper()
	wait(t, "an object", func() bool {
		objects, err := bucket.List(t.Context())
		return err == nil && len(objects) > 0
	})
}

func wait(t *testing.T, what string, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := testenv.Wait(ctx, nil, ready); err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
}
