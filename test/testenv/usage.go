package testenv

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// Usage is what a process has of the machine.
type Usage struct {
	Files    int   // open now
	Resident int64 // bytes of memory now
	Peak     int64 // the most resident memory so far, as the kernel knows it
}

// Usage looks at a living process (proc(5)).
func (p *Process) Usage() (Usage, error) {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
	if err != nil {
		return Usage{}, err
	}
	status, err := p.status()
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Files: len(files)}
	if u.Resident, err = kilobytes(status, "VmRSS:"); err == nil {
		u.Peak, err = kilobytes(status, "VmHWM:")
	}
	return u, err
}

// Peak is the most resident memory of a living process so far, as Usage has it, and cheaper to ask for.
// (What the kernel reports at the end, ru_maxrss, may be the memory of the process that forked it.)
func (p *Process) Peak() (int64, error) {
	status, err := p.status()
	if err != nil {
		return 0, err
	}
	return kilobytes(status, "VmHWM:")
}

func (p *Process) status() ([]byte, error) {
	return os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
}

// CPU waits for the end and returns the time that the process has computed, for itself and in the kernel.
func (p *Process) CPU() time.Duration {
	<-p.done
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// kilobytes finds a line of a status file and returns its number, in bytes.
func kilobytes(status []byte, name string) (int64, error) {
	_, rest, found := bytes.Cut(status, []byte(name))
	var n int64
	if _, err := fmt.Sscan(string(rest), &n); !found || err != nil {
		return 0, fmt.Errorf("no %s in the process's status", name) // it has ended
	}
	return n << 10, nil
}

// Watch is a look at a process, every now and then.
type Watch struct {
	stop context.CancelFunc
	done sync.WaitGroup
	most Usage
}

// watchPause leaves the machine to the process that is looked at: a look at 10,000 files takes a while.
const watchPause = 200 * time.Millisecond

// Watch samples until the process ends or it is stopped.
func (p *Process) Watch() *Watch {
	ctx, stop := context.WithCancel(context.Background())
	w := &Watch{stop: stop}
	w.done.Go(func() {
		tick := time.NewTicker(watchPause)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-p.Done():
				return
			case <-ctx.Done():
				return
			}
			u, err := p.Usage()
			if err != nil {
				continue // it is about to end
			}
			w.most = Usage{max(w.most.Files, u.Files), max(w.most.Resident, u.Resident), max(w.most.Peak, u.Peak)}
		}
	})
	return w
}

// Most stops looking and returns the most that was seen of each.
func (w *Watch) Most() Usage {
	w.stop()
	w.done.Wait()
	return w.most
}
