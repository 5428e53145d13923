package creds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process provides what a credential_process prints. The command gets no
// terminal and no standard input: it cannot ask anybody anything.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
type Process struct {
	Command   string           // given to "sh -c", as AWS's SDKs do
	AccountID string           // for output that names none
	Environ   []string         // of the command; default: this process's
	Timeout   time.Duration    // default 1 min
	Now       func() time.Time // default time.Now
}

// Retrieve runs the command. A blank one is ErrNotConfigured. The command line
// may hold secrets, and so may what it prints: errors name its program and
// quote, masked, the end of what it wrote to standard error.
func (p Process) Retrieve(ctx context.Context) (Credentials, error) {
	if strings.TrimSpace(p.Command) == "" {
		return Credentials{}, fmt.Errorf("credential_process: %w", ErrNotConfigured)
	}
	if p.Timeout == 0 {
		p.Timeout = time.Minute
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	c, err := p.retrieve(ctx)
	if err != nil {
		return Credentials{}, fmt.Errorf("%s: %w", processName(p.Command), err)
	}
	if c.AccountID == "" {
		c.AccountID = p.AccountID
	}
	c.Source = "process"
	return c, nil
}

func (p Process) retrieve(ctx context.Context) (Credentials, error) {
	late := fmt.Errorf("was not done within %v and was killed: %w", p.Timeout, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, late)
	defer cancel()
	cmd := exec.Command("/bin/sh", "-c", p.Command) // not by PATH, which a service may lack
	cmd.Env = p.Environ
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := runGroup(ctx, cmd)
	if err == nil && len(bytes.TrimSpace(out.stdout)) == 0 {
		err = errors.New("printed nothing")
	}
	if err != nil {
		if said := p.excerpt(out.stderr); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return Credentials{}, err
	}
	return parseProcess(out.stdout, p.Now())
}

// parseProcess reads what a credential_process printed and refuses what is
// blank or dead. Without an expiration the credentials never expire.
func parseProcess(b []byte, now time.Time) (Credentials, error) {
	var d struct {
		Version                                    *int
		AccessKeyId, SecretAccessKey, SessionToken string
		AccountId                                  string
		Expiration                                 string
	}
	if err := decode(b, &d); err != nil {
		return Credentials{}, fmt.Errorf("output %w", err)
	}
	switch {
	case d.Version == nil:
		return Credentials{}, errors.New("its output has no Version, which must be 1")
	case *d.Version != 1:
		return Credentials{}, fmt.Errorf("its output has Version %d, and only 1 is known", *d.Version)
	}
	c, err := issued(d.AccessKeyId, d.SecretAccessKey, d.SessionToken, d.Expiration)
	if err == nil {
		err = c.check(now)
	}
	if err != nil {
		return Credentials{}, err
	}
	c.AccountID = d.AccountId
	return c, nil
}
