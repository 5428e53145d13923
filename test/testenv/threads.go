package testenv

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Thread is what one thread of a process has had of the processors so far.
type Thread struct {
	Name string
	CPU  time.Duration
	Runs int // how often it was given one; a thread that sleeps and wakes up has one more
}

// Threads looks at a living process's threads, by their numbers (proc(5); Linux's sched-stats.rst).
func (p *Process) Threads() (map[int]Thread, error) {
	dir := fmt.Sprintf("/proc/%d/task/", p.PID())
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	threads := map[int]Thread{}
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			return nil, err
		}
		if t, err := readThread(dir + entry.Name()); err == nil { // else it has just ended
			threads[id] = t
		}
	}
	return threads, nil
}

func readThread(dir string) (t Thread, err error) {
	name, err := os.ReadFile(dir + "/comm")
	if err != nil {
		return t, err
	}
	stat, err := os.ReadFile(dir + "/schedstat")
	if err != nil {
		return t, err
	}
	t.Name = strings.TrimSpace(string(name))
	var waited int64
	_, err = fmt.Sscan(string(stat), &t.CPU, &waited, &t.Runs)
	return t, err
}

// CPUSoFar is the time that a living process has computed, for itself and in the kernel, threads that have
// ended included, to the nanosecond (clock_getcpuclockid(3)).
func (p *Process) CPUSoFar() (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED: linux/posix-timers.h
	var now unix.Timespec
	err := unix.ClockGettime(int32(^p.PID()<<3|sched), &now)
	return time.Duration(now.Nano()), err
}
