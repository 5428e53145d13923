package host_test

import (
	"slices"
	"syscall"
	"testing"

	"sluice/test/testenv"
)

// testReal lets flb-host and Fluent Bit do the same with the same plugin, and compares what it sees.
func testReal(t *testing.T, r rig) {
	fluentBit, err := testenv.FindFluentBit()
	if err != nil {
		t.Skipf("there is no Fluent Bit to compare with, neither as $FLUENT_BIT nor on the PATH: %v", err)
	}
	real := rig{fluentBit, r.plugin}
	file := write(t, "one\ntwo\nthree\n")
	ours := []string{"--lines", "tail.0=" + file}
	// -Y allows hot reload, as flb-host always does.
	theirs := []string{"-Y", "-f", "0.2", "-i", "tail", "-p", "path=" + file, "-p", "read_from_head=true"}

	for _, c := range []struct {
		name    string
		env     env
		outputs string
	}{
		{"two instances", nil, "-o trace -m * -p workers=2 -o trace -m * -p alias=second"},
		{"synchronous", env{"TRACE_FLAGS=2048"}, "-o trace -m * -p workers=4"},
		{"failed init", nil, "-o trace -m * -p workers=1 -o trace -m * -p fail_init=1 -o trace -m *"},
		{"unknown property", env{"TRACE_CONFIG_MAP=1"}, "-o trace -m * -o trace -m * -p foo=1 -o trace -m *"},
		{"refused property", nil, "-o trace -m * -o trace -m * -p tls=on"},
		{"error", nil, "-o trace -m * -p answers=error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := real.run(t, c.env, slices.Concat(theirs, []string{"-p", "exit_on_eof=true"}, args(c.outputs))...)
			got := r.run(t, c.env, slices.Concat(ours, args(c.outputs))...)
			compare(t, got, want)
		})
	}
	t.Run("hot reload", func(t *testing.T) {
		outputs := args("-o trace -m * -o trace -m * -p alias=second")
		want := reloadOnce(t, real, slices.Concat(theirs, outputs))
		got := reloadOnce(t, r, slices.Concat(ours, []string{"--stay"}, outputs))
		compare(t, got, want)
	})
}

// reloadOnce sends a SIGHUP after both instances have flushed, and ends the host after it came back.
func reloadOnce(t *testing.T, r rig, args []string) result {
	t.Helper()
	p := r.start(t, nil, args...)
	p.until("the first flush", called("Flush"))
	p.until("the second flush", called("Flush"))
	p.signal(syscall.SIGHUP)
	p.until("the first exit", called("ExitCtx"))
	p.until("the second exit", called("ExitCtx"))
	p.until("the first new instance's run", called("PreRun"))
	p.until("the second new instance's run", called("PreRun"))
	p.signal(syscall.SIGTERM)
	return p.wait()
}

// compare looks at the calls in order, and at who was flushed where and how.
func compare(t *testing.T, got, want result) {
	t.Helper()
	equalLines(t, "calls", got.calls(), want.calls())
	if len(want.events) == 0 {
		t.Errorf("Fluent Bit called nothing:\n%s", want.stderr)
	}
	equalLines(t, "flushes", kinds(got), kinds(want))
	for i := range min(len(got.events), len(want.events)) {
		g, w := got.events[i], want.events[i]
		if g.Call == "Init" {
			equal(t, "Init with SA_ONSTACK", g.OnStack, w.OnStack)
		}
	}
	equal(t, "ended well", got.code == 0, want.code == 0 && !dropped(want))
}

// dropped reports an answer that Fluent Bit's exit code does not show.
func dropped(r result) bool {
	return slices.ContainsFunc(r.events, func(e event) bool { return e.Answer == "error" })
}

func kinds(r result) []string {
	var kinds []string
	for _, e := range r.flushes() {
		stack := "thread's stack"
		if !e.Pthread {
			stack = "coroutine"
		}
		kinds = append(kinds, e.Instance+" "+e.Thread+" "+e.Tag+" "+stack)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
