package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"sluice/test/cmd/bench/sink"
)

func TestOutputsAreNamedAsTheyAreWritten(t *testing.T) {
	for _, name := range []string{"null", "null*10", "s3:none", "s3:gzip@0", "sluice:zstd", "sluice:gzip:1",
		"sluice:gzip:9@4*10"} {
		o, err := parseOutput(name)
		if err != nil || o.String() != name {
			t.Errorf("parseOutput(%q): got %v, %v", name, o, err)
		}
	}
	for _, name := range []string{"", "stdout", "s3:gzip:1", "null:gzip", "sluice:lzma", "sluice:gzip:x",
		"sluice:gzip@", "sluice:gzip*0", "sluice:gzip:1:2"} {
		if o, err := parseOutput(name); err == nil {
			t.Errorf("parseOutput(%q): got %v, want an error", name, o)
		}
	}
}

func TestUsualOutputs(t *testing.T) {
	s := settings{size: 1e5, tiny: time.Second}
	dir := t.TempDir()
	for _, name := range names("parsed,raw,tags,turns,tiny,ten") {
		in, err := s.input(name, dir)
		if err != nil {
			t.Fatal(err)
		}
		if outputs, err := parseOutputs(in.outputs); err != nil || outputs[0].plugin != "null" {
			t.Errorf("outputs of %s: got %v, %v, want null first", name, outputs, err)
		}
	}
	for _, name := range []string{"", "other", "tags:", "tags:0", "turns:0", "turns:10001"} {
		if in, err := s.input(name, dir); err == nil {
			t.Errorf("input(%q): got %+v, want an error", name, in)
		}
	}
}

func TestNames(t *testing.T) {
	got := names("raw,tags,tags:5,turns")
	want := []string{"raw", "tags:1", "tags:10", "tags:100", "tags:1000", "tags:10000", "tags:5", "turns:1",
		"turns:10000"}
	if !slices.Equal(got, want) {
		t.Errorf("names: got %q, want %q", got, want)
	}
}

// TestTagsHaveAllLines wants the bytes of one file in many.
func TestTagsHaveAllLines(t *testing.T) {
	in, err := settings{size: 1e5}.input("tags:7", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(in.path)
	if err != nil || len(files) != 7 {
		t.Fatalf("files: got %q, %v, want 7", files, err)
	}
	var got, want bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(text)
	}
	if err := in.lines.Write(&want, 0, in.lines.Count); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) || in.size != int64(want.Len()) {
		t.Errorf("files: got %d bytes, size %d, want %d bytes", got.Len(), in.size, want.Len())
	}
}

func TestSizeOfLine(t *testing.T) {
	in, err := settings{size: 1e6}.input("raw", t.TempDir())
	if err != nil || in.size < 0.99e6 || in.size > 1.01e6 {
		t.Errorf("input of 1 MB: got %d bytes, %v", in.size, err)
	}
}

func TestConfig(t *testing.T) {
	b := &bench{sink: &sink.Sink{Endpoint: "http://127.0.0.1:9"}}
	o, err := parseOutput("sluice:gzip:1*2")
	if err != nil {
		t.Fatal(err)
	}
	in := input{name: "tiny", tag: "x", path: "/p", parsed: true, pace: time.Second}
	got := strings.Join(strings.Fields(b.config(&trial{input: in, output: o}, "/run", "127.0.0.1:8")), " ")
	for _, want := range []string{
		"flush 0.02", "http_port 8", "parser json", "alias bench.0", "alias bench.1", "workers 0",
		"store_dir /run/store.1",
		"compression gzip", "compression_level 1", "endpoint http://127.0.0.1:9", "exit_timeout",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("config has no %q: %s", want, got)
		}
	}
	messages := input{tags: 1, socket: "/s", pace: time.Second}
	got = got + strings.Join(strings.Fields(b.config(&trial{input: messages, output: o}, "/run", "127.0.0.1:8")), " ")
	for _, want := range []string{"upload_timeout 10m", "flush 1 ", "name forward unix_path /s", "upload_timeout 5s"} {
		if !strings.Contains(got, want) {
			t.Errorf("config has no %q: %s", want, got)
		}
	}
	if strings.Contains(got, "exit_on_eof") {
		t.Errorf("config of a paced input ends at the end of the file: %s", got)
	}
}

// TestTurnsHaveTheSameMessages wants all lines in them, in order, whatever the tags.
func TestTurnsHaveTheSameMessages(t *testing.T) {
	dir := t.TempDir()
	one, err := settings{size: 1e5}.input("turns:1", dir)
	if err != nil {
		t.Fatal(err)
	}
	many, err := settings{size: 1e5}.input("turns:10000", dir)
	if err != nil || many.path != one.path || many.size != one.size || many.pace != one.pace {
		t.Fatalf("input: got %+v, %v, want what is in %+v", many, err, one)
	}
	data, err := os.ReadFile(one.path)
	if err != nil {
		t.Fatal(err)
	}
	var got, want bytes.Buffer
	messages, tags := bytes.NewReader(data), map[string]bool{}
	for n := range turnsMessages {
		var sent bytes.Buffer
		if err := sendOne(&sent, messages, many.tagOf(n)); err != nil {
			t.Fatal(err)
		}
		message, rest, err := msgp.ReadIntfBytes(sent.Bytes())
		if err != nil || len(rest) > 0 {
			t.Fatalf("message %d: %v, with %d bytes behind it", n, err, len(rest))
		}
		parts := message.([]any)
		tags[parts[0].(string)] = true
		for _, entry := range parts[1].([]any) {
			fmt.Fprintln(&got, entry.([]any)[1].(map[string]any)["log"])
		}
	}
	if err := one.lines.Write(&want, 0, one.lines.Count); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) || messages.Len() > 0 {
		t.Errorf("messages: got %d bytes of lines, %d behind them, want %d", got.Len(), messages.Len(), want.Len())
	}
	if len(tags) != 10_000 || one.tagOf(0) != one.tagOf(turnsMessages-1) {
		t.Errorf("tags: got %d of turns:10000, and %s and %s of turns:1", len(tags), one.tagOf(0),
			one.tagOf(turnsMessages-1))
	}
}

// TestBench is a short run with the real Fluent Bit. It wants every record there.
func TestBench(t *testing.T) {
	markdown := filepath.Join(t.TempDir(), "bench.md")
	args := []string{
		"-plugin", "../../../build/out_sluice.so", "-markdown", markdown, "-rounds", "1", "-mb", "2", "-tiny", "1s",
		"-inputs", "parsed,tags:10,turns:3,tiny,ten", "-outputs",
		"null,sluice:none,sluice:gzip@1#45,sluice:zstd*2,sluice:snappy,s3:snappy",
	}
	if _, err := parse(args, io.Discard); err != nil {
		t.Skip(err)
	}
	var out, progress bytes.Buffer
	if err := run(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	text, err := os.ReadFile(markdown)
	if err != nil || bytes.Count(text, []byte("\n| sluice:none |")) != 5 {
		t.Errorf("Markdown: got %v, %s, want five tables with a line for sluice:none", err, text)
	}
	t.Logf("%s", &out)
}
