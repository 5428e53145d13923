package sidecar

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// client starts an AWS client that finds credentials by itself, and returns a function that has it write an
// object. It runs until whole ends. If it is not installed, t is skipped. With ownSession it begins a new session
// for each object: that is for clients that keep a key longer than our keys live.
type client func(t, whole *testing.T, env map[string]string, ownSession bool) (put func(key string) error)

// plain returns an environment with only PATH of this process's.
func plain(t *testing.T, env map[string]string) (all []string) {
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	return append(all, "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(),
		"AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1")
}

// environ replaces this process's environment until restore is called.
func environ(env []string) (restore func()) {
	before := os.Environ()
	set := func(all []string) {
		os.Clearenv()
		for _, each := range all {
			name, value, _ := strings.Cut(each, "=")
			_ = os.Setenv(name, value) // as it was in an environment
		}
	}
	set(env)
	return func() { set(before) }
}

// goSDK is aws-sdk-go-v2 with its default configuration.
func goSDK(t, whole *testing.T, env map[string]string, ownSession bool) func(string) error {
	variables := plain(whole, env)
	connect := func() (*s3.Client, error) {
		defer environ(variables)()
		cfg, err := config.LoadDefaultConfig(context.Background())
		return s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.BaseEndpoint, o.UsePathStyle = aws.String(world.s3.Endpoint), true
		}), err
	}
	client, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	return func(key string) error {
		defer environ(variables)() // for a credential_process
		if ownSession {
			if client, err = connect(); err != nil {
				return err
			}
		}
		_, err := client.PutObject(context.Background(), &s3.PutObjectInput{
			Bucket: aws.String(bucket),
			Key:    &key,
			Body:   strings.NewReader("go"),
		})
		return err
	}
}

// awsCLI is the command aws, run for each object.
func awsCLI(t, whole *testing.T, env map[string]string, _ bool) func(string) error {
	const program = "/usr/bin/aws" // Debian's
	if _, err := os.Stat(program); err != nil {
		t.Skipf("Debian's package awscli is not installed: %v", err)
	}
	return func(key string) error {
		cmd := exec.Command(program, "--endpoint-url", world.s3.Endpoint, "s3", "cp", "--quiet", "-",
			"s3://"+bucket+"/"+key)
		cmd.Env, cmd.Stdin = plain(whole, env), strings.NewReader("awscli")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("aws: %w\n%s", err, out)
		}
		return nil
	}
}

// boto3 is one Python program for all objects.
func boto3(t, whole *testing.T, env map[string]string, ownSession bool) func(string) error {
	const python = "/usr/bin/python3" // Debian's
	if out, err := exec.Command(python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("Debian's package python3-boto3 is not installed: %v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, python, world.script, world.s3.Endpoint, bucket)
	cmd.Env = plain(whole, env)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	whole.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	lines := bufio.NewScanner(out)
	return func(key string) error {
		if ownSession {
			key = "new " + key
		}
		if _, err := fmt.Fprintln(in, key); err != nil {
			return err
		}
		if !lines.Scan() || !strings.HasSuffix(key, lines.Text()) {
			_ = cmd.Wait() // its reason is on stderr
			return fmt.Errorf("boto3 answers %q: %s", lines.Text(), stderr.String())
		}
		return nil
	}
}
