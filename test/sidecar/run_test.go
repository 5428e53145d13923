package sidecar

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestRun: commands of sluice run store with a role's keys over rotations, with SDKs as they are.
func TestRun(t *testing.T) {
	needWorld(t)
	python := "import boto3, sys\n" +
		"s3 = boto3.client('s3', endpoint_url=sys.argv[1])\n" +
		"for line in sys.stdin:\n" +
		"    s3.put_object(Bucket='" + bucket + "', Key=line.strip(), Body=b'x'); print('stored', flush=True)\n"
	shell := `while read key; do echo x | /usr/bin/aws --endpoint-url "$0" s3 cp - s3://` + bucket +
		`/$key && echo stored; done`
	for name, command := range map[string][]string{
		"boto3": {"/usr/bin/python3", "-c", python, world.s3.Endpoint},
		"aws":   {"/bin/sh", "-c", shell, world.s3.Endpoint},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := exec.Command("/usr/bin/python3", "-c", "import boto3").Run(); name == "boto3" && err != nil {
				t.Skipf("Debian's package python3-boto3 is not installed: %v", err)
			}
			if _, err := os.Stat("/usr/bin/aws"); name == "aws" && err != nil {
				t.Skipf("Debian's package awscli is not installed: %v", err)
			}
			storeOverRotation(t, name, command)
		})
	}
}

// storeOverRotation has a command store an object for each line of its input, until a second key was used.
func storeOverRotation(t *testing.T, name string, command []string) {
	role, owner := newRole(), testenv.OwnerKeys()
	args := append([]string{"run", "--role", role, "--region", "us-east-1", "--"}, command...)
	run := exec.Command(world.program, args...)
	run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL_STS=" + world.sts.Endpoint,
		"AWS_ACCESS_KEY_ID=" + owner.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + owner.SecretAccessKey}
	run.Stderr = os.Stderr
	in, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(out)
	for n := 0; len(world.sts.Used(role)) < 2; n++ {
		fmt.Fprintf(in, "run/%s/%d\n", name, n%20)
		if line, err := answers.ReadString('\n'); err != nil || strings.TrimSpace(line) != "stored" {
			t.Fatalf("object %d: %q, %v", n, line, err)
		}
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
