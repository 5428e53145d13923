package process

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
	maxStderr = 4 << 10 // of the end, which is kept
	// grace is how long to wait for output that another process still holds open after the shell has exited, and for a
	// killed shell to exit.
	grace = time.Second
)

// output is what a process wrote.
type output struct{ stdout, stderr []byte }

// runGroup runs the leader of a process group, and kills the whole group before it returns. It returns what was written
// even with an error.
//
// exec.Cmd can kill a command but not its group. Once the leader has been reaped, another group may have its number,
// and we would kill a stranger. So the leader is reaped last.
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
	exited, kill := watchProcess(cmd)
	err := wait(ctx, exited, read)
	status := kill()
	stdout.Close() // a process that left the group may hold the other ends forever
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

// watchProcess starts to wait for a process. exited is closed when it has exited; kill kills its group and returns its
// status.
func watchProcess(cmd *exec.Cmd) (exited chan struct{}, kill func() error) {
	exited = make(chan struct{})
	killed := make(chan struct{})
	status := make(chan error, 1)
	go func() {
		waitExit(cmd.Process.Pid)
		close(exited)
		<-killed
		status <- cmd.Wait()
	}()
	return exited, func() error {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails if only the leader is left and has exited
		close(killed)
		select {
		case err := <-status:
			return err
		case <-time.After(grace):
			// It belongs to another user (sudo) or hangs in the kernel. The goroutine reaps it when it exits.
			return errors.New("it cannot be killed")
		}
	}
}

// wait waits for the process to exit, and then up to grace for the end of its output: a child that holds the output
// open delays the result no longer.
func wait(ctx context.Context, exited, read <-chan struct{}) error {
	select {
	case <-exited:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-read:
	case <-ctx.Done():
	case <-time.After(grace):
	}
	return nil
}

// waitExit waits until a child has exited, without reaping it: until it is reaped, its number is not reused. The call
// needs no buffer for the result (waitid(2), "nonstandard"). If it fails, cmd.Wait returns why.
func waitExit(pid int) {
	const byPID = 1 // P_PID
	for {
		const options = syscall.WEXITED | syscall.WNOWAIT
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, options, 0, 0)
		if err != syscall.EINTR {
			return
		}
	}
}

// tail reads to the end and keeps the last lines. It drops a line whose beginning is lost: the beginning may be what
// shows that a secret follows.
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
