// Package host_test runs flb-host with a plugin that writes down what its host does, and, where there is
// one, the real Fluent Bit with the same plugin.
package host_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestHost(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, rig)
	}{
		{"order of calls", testOrder},
		{"failed init", testFailedInit},
		{"refused property", testRefusedProperty},
		{"unknown property", testUnknownProperty},
		{"properties", testProperties},
		{"log lines", testLogLines},
		{"data and tag end with the call", testLifetime},
		{"guard", testGuard},
		{"stack", testStack},
		{"times", testTimes},
		{"workers", testWorkers},
		{"synchronous", testSynchronous},
		{"hot reload", testReload},
		{"answers", testAnswers},
		{"abi", testABI},
		{"lines", testLines},
		{"msgpack", testMsgpack},
		{"match", testMatch},
		{"SIGTERM", testTerm},
		{"SIGCONT", testCont},
		{"SIGKILL and storage", testStorage},
		{"wrong usage", testUsage},
		{"help", testHelp},
		{"the real one", testReal},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, r) })
	}
}

// args splits a command line at blanks.
func args(line string) []string { return strings.Fields(line) }

func testOrder(t *testing.T, r rig) {
	got := r.run(t, nil, args("--generate app=100 -o trace -p workers=2 -o trace -p alias=second")...)
	equal(t, "exit code", got.code, 0)
	equalLines(t, "calls", got.calls(), []string{
		"PreRegister(0) main",
		"Register main",
		"Init flb-pipeline trace.0",
		"Init flb-pipeline second",
		"PreRun(1) flb-pipeline",
		"PreRun(1) flb-pipeline",
		"PreExit(0) flb-pipeline",
		"ExitCtx flb-pipeline trace.0",
		"PreExit(0) flb-pipeline",
		"ExitCtx flb-pipeline second",
		"Unregister main",
	})
	flushes := got.flushes()
	equal(t, "flushes", len(flushes), 2)
	threads := map[string]string{"trace.0": "flb-out-trace.0", "second": "flb-pipeline"}
	for _, e := range flushes {
		equal(t, "thread of "+e.Instance, e.Thread, threads[e.Instance])
		equal(t, "tag", e.Tag, "app")
		equal(t, "sum", e.Sum, flushes[0].Sum)
	}
	for _, e := range got.events {
		equal(t, e.Call+" on the thread's own stack", e.Pthread, e.Call != "Flush")
	}
	equal(t, "Init's pointer for both instances", got.events[2].Arg, got.events[3].Arg)
	equal(t, "records", got.stats.Records, 200)
	equal(t, "fed records", got.stats.FedRecords, 100)
}

func testFailedInit(t *testing.T, r rig) {
	got := r.run(t, nil, args("--generate app=9 -o trace -p workers=1 -o trace -p fail_init=1 -o trace")...)
	equal(t, "exit code", got.code, 1)
	equalLines(t, "calls", got.calls(), []string{
		"PreRegister(0) main",
		"Register main",
		"Init flb-pipeline trace.0",
		"Init flb-pipeline trace.1",
		"PreExit(0) flb-pipeline",
		"ExitCtx flb-pipeline trace.0",
		"PreExit(0) flb-pipeline",
		"ExitCtx(NULL) flb-pipeline",
		"Unregister main",
	})
	contains(t, got.stderr, "[error] [output] failed to initialize 'trace' plugin")
}

func testRefusedProperty(t *testing.T, r rig) {
	got := r.run(t, nil, args("--generate app=9 -o trace -o trace -p tls=on")...)
	equal(t, "exit code", got.code, 1)
	equalLines(t, "calls", got.calls(), []string{
		"PreRegister(0) main", "Register main", "PreExit(0) main", "ExitCtx(NULL) main", "Unregister main",
	})
	contains(t, got.stderr, "[error] [config] trace.1 does not support TLS")

	got = r.run(t, env{"TRACE_FLAGS=4"}, args("--generate app=9 -o trace -p tls=on")...)
	equal(t, "exit code with FLB_IO_OPT_TLS", got.code, 0)
}

func testUnknownProperty(t *testing.T, r rig) {
	withMap := env{"TRACE_CONFIG_MAP=1"}
	got := r.run(t, withMap, args("--generate app=9 -o trace -p foo=1")...)
	equal(t, "exit code", got.code, 1)
	contains(t, got.stderr, "[error] [config] trace: unknown configuration property 'foo'. The following properties "+
		"are allowed: answers, data, deep, fail_init, keep, meet, and spin.\n")

	got = r.run(t, withMap, args("--generate app=9 -o trace -p spin=1 -p SPIN=2")...)
	equal(t, "exit code", got.code, 1)
	contains(t, got.stderr, "[error] [config] trace: configuration property 'spin' is set 2 times\n")

	got = r.run(t, withMap, args("--generate app=9 -o trace -p Spin=1 -p workers=1 -p net.keepalive=off")...)
	equal(t, "exit code of known properties", got.code, 0)
	got = r.run(t, withMap, args("--abi 4.2.3 --generate app=9 -o trace -p foo=1")...)
	equal(t, "exit code of a host without config_map", got.code, 0)
}

func testProperties(t *testing.T, r rig) {
	got := r.run(t, env{"WHO=me"}, "--generate", "app=9", "-o", "trace", "-p", "ANSWERS=ok", "-p", "answers=error",
		"-p", "workers=1", "-p", "match=*", "-p", "Host=h", "-p", "net.x=1", "-p", "tls.verify=off", "-p", "empty=")
	equal(t, "exit code: the first answers counts", got.code, 0)
	var said []string
	for line := range strings.Lines(got.stderr) {
		if _, property, ok := strings.Cut(line, "[output:trace] "); ok {
			said = append(said, strings.TrimSpace(property))
		}
	}
	equalLines(t, "properties that the plugin sees", said, []string{"Answers = ok"})

	got = r.run(t, env{"WHO=ok"}, "--generate", "app=9", "-o", "trace", "-p", "answers=${NONE:-${WHO}", "-p",
		"alias=${WHO}")
	equal(t, "instance of ${WHO}", got.flushes()[0].Instance, "ok")
}

func testLogLines(t *testing.T, r rig) {
	for _, c := range []struct{ abi, fraction string }{{"5.1.1", `\d{3}`}, {"4.2.3", `\d{3,9}`}} {
		got := r.run(t, nil, args("--generate app=9 -o trace -p log_level=debug --abi "+c.abi)...)
		want := regexp.MustCompile(`(?m)^\[\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.` + c.fraction + `\] ` +
			`\[debug\] \[output:trace\] debug is on$`)
		if !want.MatchString(got.stderr) {
			t.Errorf("abi %s: got %q, want a line %v", c.abi, got.stderr, want)
		}
	}
	got := r.run(t, nil, args("--generate app=9 -o trace")...)
	if strings.Contains(got.stderr, "debug is on") {
		t.Errorf("output_log_check allows debug at log_level info:\n%s", got.stderr)
	}
}

func testLifetime(t *testing.T, r rig) {
	got := r.run(t, nil, args("--generate first=20 --generate second=20 --chunk-size 300 -o trace -p keep=1")...)
	equal(t, "exit code", got.code, 0)
	flushes := got.flushes()
	equal(t, "flushes", len(flushes), 40)
	for i, e := range flushes {
		want := "data changed, tag changed"
		if i == 0 {
			want = ""
		}
		equal(t, fmt.Sprintf("memory of the flush before %d", i), e.Stale, want)
	}
}

func testGuard(t *testing.T, r rig) {
	const load = "--guard --generate app=20 --chunk-size 300 -o trace "
	got := r.run(t, nil, args(load)...)
	equal(t, "exit code of a plugin that behaves", got.code, 0)
	got = r.run(t, nil, args(load+"-p keep=1")...)
	equal(t, "exit code of one that keeps data", got.code, -1)
	contains(t, got.stderr, "caught signal (SIGSEGV)")
	got = r.run(t, nil, args(load+"-p deep=67000")...)
	equal(t, "exit code of one that overruns its stack", got.code, -1)
	contains(t, got.stderr, "caught signal (SIGSEGV)")
}

func testStack(t *testing.T, r rig) {
	for _, c := range []struct {
		line string
		code int
	}{
		{"-p deep=55000", 0},
		{"-p deep=66000", 1},
		{"--abi 2.2 -p deep=18000", 0},
		{"--abi 2.2 -p deep=25000", 1},
		{"--stack 128K -p deep=100000", 0},
	} {
		got := r.run(t, nil, args("--generate app=9 -o trace "+c.line)...)
		equal(t, "exit code with "+c.line, got.code, c.code)
		equal(t, "faults with "+c.line, got.stats.Faults, c.code)
	}
}

// most is how many flushes of the only instance were inside at once.
func most(t *testing.T, r result) int {
	t.Helper()
	for _, e := range r.events {
		if e.Call == "ExitCtx" {
			return e.Arg
		}
	}
	t.Fatalf("no ExitCtx\n%s", r.stderr)
	return 0
}

// testTimes wants every callback and tick measured, but nothing of how long they take.
func testTimes(t *testing.T, r rig) {
	got := r.run(t, nil,
		args("--generate app=20000 --rate 40000 --tick 0.01 -o trace -p spin=2 -o trace -p workers=1")...)
	equal(t, "exit code", got.code, 0)
	equal(t, "callbacks", got.times.Callbacks.Count, got.stats.Flushes)
	late, beyond := got.times.TickLate, got.times.TickBeyond
	if late.Count == 0 || late.Count != beyond.Count {
		t.Errorf("%d ticks were late, %d beyond the end of the work before them; want as many, and some", late.Count,
			beyond.Count)
	}
	for _, s := range []summary{got.times.Callbacks, late, beyond} {
		if s.P50 > s.P99 || s.P99 > s.Max {
			t.Errorf("centiles are not in order: %+v", s)
		}
	}
	if beyond.Max > late.Max || got.times.CPU < got.times.EngineCPU {
		t.Errorf("a part is more than the whole: %+v", got.times)
	}
	equal(t, "ticks without --tick", r.run(t, nil, args("--generate app=9 -o trace")...).times.TickLate.Count, 0)
}

func testWorkers(t *testing.T, r rig) {
	const load = "--generate app=4000 --chunk-size 10000 -o trace "
	for _, c := range []struct {
		line         string
		most         int
		thread, none string
	}{
		{"-p spin=50", 1, "flb-pipeline", "flb-out-trace.0"},
		{"-w 1 -p spin=50", 1, "flb-out-trace.0", "flb-pipeline"},
		{"-w 1 -p workers=4 -p meet=4", 4, "flb-out-trace.0", "flb-pipeline"},
	} {
		got := r.run(t, nil, args(load+c.line)...)
		equal(t, "exit code with "+c.line, got.code, 0)
		equal(t, "flushes at once with "+c.line, most(t, got), c.most)
		for _, e := range got.flushes() {
			equal(t, "thread with "+c.line, e.Thread, c.thread)
		}
		equal(t, "records with "+c.line, got.stats.Records, 4000)
	}
}

func testSynchronous(t *testing.T, r rig) {
	got := r.run(t, env{"TRACE_FLAGS=2048"},
		args("--generate app=4000 --chunk-size 10000 -o trace -p workers=4 -p spin=50 -p data=1")...)
	equal(t, "exit code", got.code, 0)
	equal(t, "flushes at once", most(t, got), 1)
	next := 0
	for _, e := range got.flushes() {
		for _, id := range ids(e.Data) {
			equal(t, "id", id, fmt.Sprintf("app-%d", next))
			next++
		}
	}
	equal(t, "records", next, 4000)
}

// ids finds the ids of generated records.
func ids(chunk []byte) []string {
	var ids []string
	for _, m := range regexp.MustCompile(`(?s)id.([a-z]+-\d+).level`).FindAllSubmatch(chunk, -1) {
		ids = append(ids, string(m[1]))
	}
	return ids
}

func testReload(t *testing.T, r rig) {
	got := r.run(t, nil, args("--reload 2 --generate app=3000 --chunk-size 10000 -o trace -p workers=2")...)
	equal(t, "exit code", got.code, 0)
	equal(t, "reloads", got.stats.Reloads, 2)
	equal(t, "records", got.stats.Records, 3000)
	again := []string{
		"PreRegister(1) main",
		"Register main",
		"PreExit(1) flb-pipeline",
		"ExitCtx flb-pipeline trace.0",
		"Unregister main",
		"Init flb-pipeline trace.0",
		"PreRun(1) flb-pipeline",
	}
	want := slices.Concat(
		[]string{"PreRegister(0) main", "Register main", "Init flb-pipeline trace.0", "PreRun(1) flb-pipeline"},
		again, again,
		[]string{"PreExit(0) flb-pipeline", "ExitCtx flb-pipeline trace.0", "Unregister main"})
	equalLines(t, "calls", got.calls(), want)

	flushes, alive := []int{0}, false
	for _, e := range got.events {
		switch e.Call {
		case "Init":
			alive = true
		case "ExitCtx":
			alive = false
			flushes = append(flushes, 0)
		case "Flush":
			equal(t, "an instance is there at a flush", alive, true)
			flushes[len(flushes)-1]++
		}
	}
	for i, n := range flushes[:3] {
		if n == 0 {
			t.Errorf("no flush between reloads %d and %d: %v", i, i+1, flushes)
		}
	}
}

func testAnswers(t *testing.T, r rig) {
	for _, c := range []struct {
		line    string
		code    int
		answers string
		stats   stats
	}{
		{"-p answers=ok", 0, "ok", stats{Flushes: 1, Records: 9, OK: 1}},
		{"-p answers=error", 1, "error", stats{Flushes: 1, Error: 1, DroppedRecords: 9}},
		{"-p answers=retry,ok", 0, "retry ok", stats{Flushes: 2, Records: 9, OK: 1, Retry: 1}},
		{"-p answers=retry", 1, "retry retry", stats{Flushes: 2, Retry: 2, DroppedRecords: 9}},
		{"-p answers=retry,retry,retry,ok -p retry_limit=2", 1, "retry retry retry",
			stats{Flushes: 3, Retry: 3, DroppedRecords: 9}},
		{"-p answers=retry,retry,retry,ok -p retry_limit=no_limits -p workers=2", 0, "retry retry retry ok",
			stats{Flushes: 4, Records: 9, OK: 1, Retry: 3}},
		{"-p answers=retry -p retry_limit=no_retries", 1, "retry", stats{Flushes: 1, Retry: 1, DroppedRecords: 9}},
	} {
		got := r.run(t, nil, args("--retry-base 0.01 --generate app=9 -o trace "+c.line)...)
		c.stats.Instances, c.stats.FedRecords = 1, 9
		equal(t, "exit code with "+c.line, got.code, c.code)
		equal(t, "stats with "+c.line, got.stats, c.stats)
		var answers []string
		for _, e := range got.flushes() {
			answers = append(answers, e.Answer)
			equal(t, "bytes of the retry with "+c.line, e.Sum, got.flushes()[0].Sum)
		}
		equal(t, "answers with "+c.line, strings.Join(answers, " "), c.answers)
	}
}

func testABI(t *testing.T, r rig) {
	for _, c := range []struct {
		abi    string
		size   int
		zeroed bool
	}{
		{"2.2", 32, false},
		{"4.2.3", 40, true},
		{"5.1.1", 48, true},
	} {
		load := args("--abi " + c.abi + " --generate app=9 -o trace")
		got := r.run(t, nil, load...)
		equal(t, c.abi+": exit code", got.code, 0)
		equal(t, c.abi+": room for the definition", got.events[1].Room, c.size)
		equal(t, c.abi+": definition comes zeroed", got.events[1].Zeroed, c.zeroed)

		got = r.run(t, env{fmt.Sprintf("TRACE_WRITE_PAST=%d", c.size-1)}, load...)
		equal(t, c.abi+": exit code of a write to the last byte", got.code, 0)
		got = r.run(t, env{fmt.Sprintf("TRACE_WRITE_PAST=%d", c.size)}, load...)
		equal(t, c.abi+": exit code of a write past the end", got.code, 1)
		contains(t, got.stderr, fmt.Sprintf("wrote past its definition, which has %d bytes", c.size))
	}
}

func testLines(t *testing.T, r rig) {
	long := strings.Repeat("x", 300)
	file := write(t, "one\r\n\n"+long+"\nlast")
	got := r.run(t, nil, "--time", "1700000000", "--lines", "my.tag="+file, "-o", "trace", "-p", "data=1")
	equal(t, "exit code", got.code, 0)
	equal(t, "flushes", len(got.flushes()), 1)
	const head = "\x92\x92\xd7\x00\x65\x53\xf1\x00"
	want := head + "\x00\x00\x00\x00\x80\x81\xa3log\xa3one" +
		head + "\x00\x00\x03\xe8\x80\x81\xa3log\xa0" +
		head + "\x00\x00\x07\xd0\x80\x81\xa3log\xdb\x00\x00\x01\x2c" + long +
		head + "\x00\x00\x0b\xb8\x80\x81\xa3log\xa4last"
	equal(t, "chunk", string(got.flushes()[0].Data), want)
	equal(t, "tag", got.flushes()[0].Tag, "my.tag")
}

func testMsgpack(t *testing.T, r rig) {
	record := "\x92\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x00\x80\x83" +
		"\xa1a\xcd\x12\x34\xa1b\x93\xc0\xc3\xcb\x00\x00\x00\x00\x00\x00\x00\x00\xa1c\xc7\x03\x01abc"
	open := "\x92\x92\xd7\x00\xff\xff\xff\xff\x00\x00\x00\x00\x80\x80"
	end := "\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80\x80"
	group := open + record + record + end
	for _, c := range []struct {
		name, file string
		records    int
		chunks     []string
	}{
		{"whole records", record + record, 2, []string{record, record}},
		{"a group is not cut", record + group + record, 4, []string{record, group, record}},
		{"cut off", record + record[:len(record)-1], 1, []string{record, record[:len(record)-1]}},
		{"no msgpack", record + "\xc1junk" + record, 1, []string{record, "\xc1junk" + record}},
		{"an array of four billion", "\xdd\xff\xff\xff\xff" + record, 0, []string{"\xdd\xff\xff\xff\xff" + record}},
		{"metrics", "\x82\xa4meta\x80\xa7metrics\x90", 1, []string{"\x82\xa4meta\x80\xa7metrics\x90"}},
		{"empty", "", 0, nil},
	} {
		got := r.run(t, nil, "--msgpack", "m="+write(t, c.file), "--chunk-size", "1", "-o", "trace", "-p", "data=1")
		equal(t, c.name+": exit code", got.code, 0)
		var chunks []string
		for _, e := range got.flushes() {
			chunks = append(chunks, string(e.Data))
		}
		if !slices.Equal(chunks, c.chunks) {
			t.Errorf("%s: chunks: got %q, want %q", c.name, chunks, c.chunks)
		}
		equal(t, c.name+": records", got.stats.Records, c.records)
	}
}

func testMatch(t *testing.T, r rig) {
	load := "--generate app.web=9 --generate app.db=9 --generate sys=9 "
	got := r.run(t, nil, args(load+"-o trace -m app.* -o trace -p match=*b -o trace -p match=s*y*s -o trace -m no")...)
	equal(t, "exit code", got.code, 0)
	tags := map[string][]string{}
	for _, e := range got.flushes() {
		tags[e.Instance] = append(tags[e.Instance], e.Tag)
	}
	equalLines(t, "app.*", tags["trace.0"], []string{"app.web", "app.db"})
	equalLines(t, "*b", tags["trace.1"], []string{"app.web", "app.db"})
	equalLines(t, "s*y*s", tags["trace.2"], []string{"sys"})
	equalLines(t, "no", tags["trace.3"], nil)
}

func testTerm(t *testing.T, r rig) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		p := r.start(t, nil, args("--stay --generate app=9 -o trace -p workers=1")...)
		p.until("the first flush", called("Flush"))
		p.signal(sig)
		got := p.wait()
		equal(t, sig.String()+": exit code", got.code, 0)
		calls := got.calls()
		equalLines(t, sig.String()+": last calls", calls[len(calls)-3:],
			[]string{"PreExit(0) flb-pipeline", "ExitCtx flb-pipeline trace.0", "Unregister main"})
	}

	p := r.start(t, nil, args("--grace 0.05 --generate app=9 -o trace -p answers=retry -p retry_limit=no_limits")...)
	p.until("the first flush", called("Flush"))
	p.signal(syscall.SIGTERM)
	got := p.wait()
	equal(t, "exit code with a chunk that was never answered", got.code, 1)
	equal(t, "unanswered", got.stats.Unanswered, 1)
}

// The host's own handlers lose SA_ONSTACK, which Go had given them, at every SIGCONT.
func testCont(t *testing.T, r rig) {
	p := r.start(t, nil, args("--rate 400 --generate app=4000 -o trace")...)
	p.until("the first flush", func(e event) bool { return e.Call == "Flush" && e.OnStack })
	p.signal(syscall.SIGCONT)
	p.until("a flush without SA_ONSTACK", func(e event) bool { return e.Call == "Flush" && !e.OnStack })
	p.signal(syscall.SIGTERM)
	got := p.wait()
	equal(t, "exit code", got.code, 0)
	contains(t, got.stderr, "[engine] caught signal (SIGCONT)\n")
}

func testStorage(t *testing.T, r rig) {
	dir := filepath.Join(t.TempDir(), "chunks")
	load := args("--generate a=900 --generate b=900 --chunk-size 10000 --storage " + dir)

	// Killed while two chunks are on their way: they are never answered.
	p := r.start(t, nil,
		append(load, args("-o trace --chunks-up 2 -p answers=ok,ok,ok,retry -p retry_limit=no_limits -p data=1")...)...)
	p.until("the first retry", func(e event) bool { return e.Answer == "retry" })
	p.signal(syscall.SIGKILL)
	first := p.wait()
	left, err := filepath.Glob(filepath.Join(dir, "*.flb"))
	if err != nil || len(left) == 0 {
		t.Fatalf("no chunk is left in %s (%v)", dir, err)
	}

	second := r.run(t, nil, append(load, args("-o trace -p data=1")...)...)
	equal(t, "exit code", second.code, 0)
	contains(t, second.stderr, "[storage] backlog chunk "+left[0])
	equal(t, "sum of the chunk that is delivered again", second.flushes()[0].Sum, first.flushes()[3].Sum)
	equal(t, "its tag", second.flushes()[0].Tag, first.flushes()[3].Tag)

	seen, records := map[string]bool{}, 0
	for _, e := range append(first.flushes(), second.flushes()...) {
		if e.Answer == "retry" {
			continue
		}
		for _, id := range ids(e.Data) {
			seen[id] = true
			records++
		}
	}
	equal(t, "distinct records", len(seen), 1800)
	equal(t, "records", records, 1800)
	left, _ = filepath.Glob(filepath.Join(dir, "*.flb"))
	equal(t, "chunks left", len(left), 0)

	got := r.run(t, nil, args("--generate c=9 --storage "+dir+" -o trace")...)
	equal(t, "exit code with other sources", got.code, 1)
}

func testUsage(t *testing.T, r rig) {
	for _, line := range []string{
		"", "-o", "-p a=b -o trace", "-o trace -p a", "-o trace --generate app", "-o trace --generate app=many",
		"-o trace --rate fast", "-o trace --chunk-size 0", "-o trace --abi 3", "-o trace surplus", "-o trace --what",
	} {
		got := r.run(t, nil, args(line)...)
		equal(t, "exit code of "+line, got.code, 2)
		contains(t, got.stderr, "usage: flb-host")
		equal(t, "calls of "+line, len(got.events), 0)
	}
}

func testHelp(t *testing.T, r rig) {
	got := r.run(t, env{"TRACE_CONFIG_MAP=1"}, "-o", "trace", "-h")
	equal(t, "exit code", got.code, 0)
	contains(t, got.stdout, "DESCRIPTION\nWrites down what its host does\n")
	contains(t, got.stdout, "fail_init  An option of the trace plugin.\n           > default: default, type: string\n")
	got = r.run(t, nil, "-o", "trace", "-h")
	equal(t, "help without a config_map", got.stdout, "")
	got = r.run(t, nil, "-h")
	contains(t, got.stdout, "usage: flb-host")
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("got %q, want %q in it", text, want)
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "source")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := bytes.NewBufferString(content).WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
