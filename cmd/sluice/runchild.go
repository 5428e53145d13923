package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// childCommand is a command that gets credentials.
type childCommand struct {
	args       []string
	url, token string // where its credentials are
	region     string // "" for what the environment says
}

// exitStatus is how a command ended: the exit code of sluice, too.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("the command ended with exit code %d", int(e)) }

// run runs it to its end. Its error is an exitStatus if it ended with another code than 0.
func (c childCommand) run(w world, stdin io.Reader) error {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env = c.environment(os.Environ())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, w.stdout, w.stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn(stdin)...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return failed(fmt.Errorf("run the command: %w", err))
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-signals:
				_ = cmd.Process.Signal(s) // it may have ended
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return failed(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitStatus(128 + int(status.Signal())) // as shells do
	}
	return exitStatus(exit.ExitCode())
}

// passedOn are the signals that the command gets from us. A terminal gives those of its keys to both of us.
func passedOn(stdin io.Reader) []os.Signal {
	all := []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
	if file, ok := stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return all
	}
	return append(all, syscall.SIGINT, syscall.SIGQUIT)
}

// otherSources are the variables by which SDKs find credentials, or whom they ask. Those of files are set to a file
// that is empty: a profile would win over the credentials of a container.
var otherSources = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ACCESS_KEY",
	"AWS_SECRET_KEY", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
	"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_EC2_METADATA_DISABLED", "AWS_LOGIN_CACHE_DIRECTORY",
}

// environment is the command's, made of ours.
func (c childCommand) environment(ours []string) []string {
	all := slices.DeleteFunc(slices.Clone(ours), func(each string) bool {
		name, _, _ := strings.Cut(each, "=")
		return slices.Contains(otherSources, strings.TrimSuffix(name, "__FILE"))
	})
	has := func(name string) bool {
		return slices.ContainsFunc(all, func(each string) bool { return strings.HasPrefix(each, name+"=") })
	}
	if c.region != "" && !has("AWS_REGION") && !has("AWS_DEFAULT_REGION") {
		all = append(all, "AWS_REGION="+c.region, "AWS_DEFAULT_REGION="+c.region)
	}
	return append(all,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI="+c.url,
		"AWS_CONTAINER_AUTHORIZATION_TOKEN="+c.token,
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	)
}
