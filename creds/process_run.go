package creds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Bounds of what a credential_process may do.
const (
	maxStdout = 64 << 10
	maxStderr = 4 << 10 // that are kept
	// processGrace is how long output is awaited that somebody holds open after
	// the shell has ended, and how long the end of a killed shell is.
	processGrace = time.Second
)

// output is what a process wrote.
type output struct{ stdout, stderr []byte }

// runGroup runs the leader of a process group, and ends the whole group before it
// returns. It returns what was written, in case of an error, too.
//
// exec.Cmd could end a command by itself, but not its group: after the leader is
// reaped, the group's number may be another's, and ours would kill a stranger.
// So the leader is reaped last.
func runGroup(ctx context.Context, cmd *exec.Cmd) (output, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	stdout, outErr := cmd.StdoutPipe()
	stderr, errErr := cmd.StderrPipe()
	if err := errors.Join(outErr, errErr); err != nil {
		return output{}, fmt.Errorf("could not be started: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return output{}, fmt.Errorf("could not be started: %w", err)
	}
	var out output
	read := make(chan struct{}) // closed when both streams have ended
	go func() {
		defer close(read)
		var streams sync.WaitGroup
		streams.Go(func() { out.stderr = tail(stderr) })
		streams.Go(func() {
			if out.stdout, _ = io.ReadAll(io.LimitReader(stdout, maxStdout+1)); len(out.stdout) > maxStdout {
				stop(fmt.Errorf("printed more than %d bytes and was killed", maxStdout))
			}
		})
		streams.Wait()
	}()
	exited, kill := watch(cmd)
	err := await(ctx, exited, read)
	status := kill()
	stdout.Close() // whoever left the group may hold the other ends for ever
	stderr.Close()
	<-read
	switch {
	case err != nil:
		return out, err
	case len(out.stdout) > maxStdout:
		return out, context.Cause(ctx)
	}
	return out, exitError(status)
}

// watch starts to wait for a process. exited is closed when it has ended; kill
// ends its group and returns the process's status.
func watch(cmd *exec.Cmd) (exited chan struct{}, kill func() error) {
	exited = make(chan struct{})
	killed := make(chan struct{})
	status := make(chan error, 1)
	go func() {
		awaitExit(cmd.Process.Pid)
		close(exited)
		<-killed
		status <- cmd.Wait()
	}()
	return exited, func() error {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it fails if only the leader is left, and that has ended
		close(killed)
		select {
		case err := <-status:
			return err
		case <-time.After(processGrace):
			// It is another user's (sudo), or hangs in the kernel. The goroutine reaps
			// it whenever it ends.
			return errors.New("it cannot be killed")
		}
	}
}

// await waits for the process and then, a moment longer, for the end of its
// output. A process that it started and that holds the output loses the output
// no more than that moment.
func await(ctx context.Context, exited, read <-chan struct{}) error {
	select {
	case <-exited:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-read:
	case <-ctx.Done():
	case <-time.After(processGrace):
	}
	return nil
}

// awaitExit waits until a child has ended, and leaves it to be reaped: until
// then nobody else gets its number. The call wants no place for what it found
// (waitid(2), "nonstandard"); should it fail, cmd.Wait will tell why.
func awaitExit(pid int) {
	const byPID = 1 // P_PID
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if err != syscall.EINTR {
			return
		}
	}
}

// tail reads to the end and keeps the last lines. A line whose beginning is
// lost is left out: its beginning may be what says that a secret follows.
func tail(r io.Reader) []byte {
	var kept []byte
	cut := false
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		kept = append(kept, buf[:n]...)
		if over := len(kept) - maxStderr; over > 0 {
			kept, cut = kept[over:], true
		}
		if err != nil {
			break
		}
	}
	if cut {
		_, kept, _ = bytes.Cut(kept, []byte("\n"))
	}
	return kept
}
