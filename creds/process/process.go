// Package process runs a credential_process and returns the credentials that it prints.
//
//	provider := process.Provider{Command: "/usr/bin/vault-keys --role logs"}
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
package process

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"sluice/creds"
	"sluice/creds/internal/document"
)

// Provider runs a command without a terminal and without standard input: it cannot ask the user anything.
type Provider struct {
	Command   string           // passed to "sh -c", as AWS's SDKs do
	AccountID string           // used if the output names none
	Environ   []string         // of the command; default: this process's
	Timeout   time.Duration    // default 1 min
	Now       func() time.Time // default time.Now
}

// Retrieve runs the command. A blank one is creds.ErrNotConfigured. The command line and its output may hold secrets:
// errors name the program and quote, masked, the end of what it wrote to standard error.
func (p Provider) Retrieve(ctx context.Context) (creds.Credentials, error) {
	if strings.TrimSpace(p.Command) == "" {
		return creds.Credentials{}, fmt.Errorf("credential_process: %w", creds.ErrNotConfigured)
	}
	if p.Timeout == 0 {
		p.Timeout = time.Minute
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	keys, err := p.run(ctx)
	if err != nil {
		return creds.Credentials{}, fmt.Errorf("%s: %w", commandName(p.Command), err)
	}
	return creds.Credentials{
		AccessKeyID:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey,
		SessionToken:    keys.SessionToken,
		AccountID:       cmp.Or(keys.AccountID, p.AccountID),
		Expires:         keys.Expires,
		Source:          "process",
	}, nil
}

// Format prints the program without its arguments, for every verb of package fmt.
func (p Provider) Format(f fmt.State, _ rune) { io.WriteString(f, commandName(p.Command)) }

func (p Provider) run(ctx context.Context) (document.Keys, error) {
	late := fmt.Errorf("was killed because it did not finish within %v: %w", p.Timeout, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, late)
	defer cancel()
	cmd := exec.Command("/bin/sh", "-c", p.Command) // absolute, because a service may have no PATH
	cmd.Env = p.Environ
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := runGroup(ctx, cmd)
	if err == nil && len(bytes.TrimSpace(out.stdout)) == 0 {
		err = errors.New("printed nothing")
	}
	if err != nil {
		if text := excerpt(out.stderr, p.Command); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return document.Keys{}, err
	}
	keys, err := document.ParseProcess(out.stdout)
	if err == nil {
		err = keys.Check(document.Clocks{Machine: p.Now()})
	}
	return keys, err
}
