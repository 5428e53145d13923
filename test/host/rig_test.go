package host_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// rig is a host, flb-host or the real one, with the trace plugin.
type rig struct {
	host, plugin string
}

// newRig builds flb-host and the plugin.
func newRig(t *testing.T) rig {
	t.Helper()
	dir := t.TempDir()
	r := rig{filepath.Join(dir, "flb-host"), filepath.Join(dir, "out_trace.so")}

	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	sources, err := filepath.Glob("*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no C files: %v", err)
	}
	args := []string{"-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-o", r.host}
	build(t, cc, append(append(args, sources...), "-ldl", "-lpthread")...)
	build(t, "go", "build", "-buildmode=c-shared", "-o", r.plugin, "./testdata/plugin")
	return r
}

func build(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

// event is a line of the trace, as testdata/plugin writes it.
type event struct {
	Call, Thread, Instance string
	Arg, Room              int
	Zeroed                 bool
	Tag, Sum, Answer       string
	Size, Active           int
	Data                   []byte
	Pthread                bool
	Stale                  string
	OnStack                bool `json:"on_stack"`
}

// stats is the last word of flb-host.
type stats struct {
	Flushes, Records, OK, Retry, Error, Instances, Reloads int
	DroppedRecords                                         int `json:"dropped_records"`
	FedRecords                                             int `json:"fed_records"`
	Late, Unanswered, Faults                               int
}

// times are in the same line.
type times struct {
	Callbacks  summary `json:"callback_us"`
	TickLate   summary `json:"tick_late_us"`
	TickBeyond summary `json:"tick_beyond_us"`
	CPU        float64
	EngineCPU  float64 `json:"engine_cpu"`
}

// summary is what flb-host reports about times.
type summary struct{ Count, P50, P99, Max int }

// result is one run of a host, from beginning to end.
type result struct {
	events []event
	stats  stats
	times  times
	stdout string
	stderr string
	code   int // -1: by a signal
}

// process is a run that is still going on; its trace is read as it is written.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	trace          *bufio.Scanner
	stdout, stderr bytes.Buffer
	result         result
}

// env is what the plugin learns before it can be given properties.
type env []string

func (r rig) start(t *testing.T, env env, args ...string) *process {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// A host that hangs is killed, and its test fails; a run takes a second or two.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	p := &process{t: t, trace: bufio.NewScanner(read)}
	p.trace.Buffer(nil, 64<<20)
	p.cmd = exec.CommandContext(ctx, r.host, append([]string{"-e", r.plugin}, args...)...)
	p.cmd.Env = append(append(os.Environ(), "TRACE_FILE=/dev/fd/3"), env...)
	p.cmd.ExtraFiles = []*os.File{write}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() { read.Close() })
	return p
}

// next reads one event; false at the end of the process.
func (p *process) next() (event, bool) {
	p.t.Helper()
	if !p.trace.Scan() {
		return event{}, false
	}
	var e event
	if err := json.Unmarshal(p.trace.Bytes(), &e); err != nil {
		p.t.Fatalf("trace line %q: %v", p.trace.Text(), err)
	}
	p.result.events = append(p.result.events, e)
	return e, true
}

// until reads events up to one that is as wanted.
func (p *process) until(what string, wanted func(event) bool) {
	p.t.Helper()
	for {
		e, ok := p.next()
		if !ok {
			r := p.wait()
			p.t.Fatalf("the host ended (exit %d) before %s\n%s", r.code, what, r.stderr)
		}
		if wanted(e) {
			return
		}
	}
}

func called(call string) func(event) bool {
	return func(e event) bool { return e.Call == call }
}

func (p *process) signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// wait reads the rest of the trace, and the end.
func (p *process) wait() result {
	p.t.Helper()
	for {
		if _, ok := p.next(); !ok {
			break
		}
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	p.result.code = p.cmd.ProcessState.ExitCode()
	p.result.stdout, p.result.stderr = p.stdout.String(), p.stderr.String()
	if strings.HasPrefix(p.result.stdout, `{"flushes"`) {
		for _, part := range []any{&p.result.stats, &p.result.times} {
			if err := json.Unmarshal(p.stdout.Bytes(), part); err != nil {
				p.t.Errorf("stdout %q: %v", p.result.stdout, err)
			}
		}
	}
	return p.result
}

func (r rig) run(t *testing.T, env env, args ...string) result {
	t.Helper()
	return r.start(t, env, args...).wait()
}

// flushes are the events of that call.
func (r result) flushes() []event {
	return slices.DeleteFunc(slices.Clone(r.events), func(e event) bool { return e.Call != "Flush" })
}

// calls are all but the flushes, one word or three each: the call, its thread, its instance.
func (r result) calls() []string {
	var calls []string
	for _, e := range r.events {
		if e.Call == "Flush" {
			continue
		}
		thread := e.Thread
		if thread == "flb-host" || thread == "fluent-bit" {
			thread = "main"
		}
		call := e.Call
		if slices.Contains([]string{"PreRegister", "PreRun", "PreExit"}, call) {
			call = fmt.Sprintf("%s(%d)", call, e.Arg)
		}
		calls = append(calls, strings.TrimSpace(strings.Join([]string{call, thread, e.Instance}, " ")))
	}
	return calls
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func equalLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
