package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/test/cmd/bench/sink"
)

func TestOutputsAreNamedAsTheyAreWritten(t *testing.T) {
	for _, name := range []string{"null", "null*10", "s3:none", "s3:gzip@0", "sluice:zstd", "sluice:gzip:1", "sluice:gzip:9@4*10"} {
		o, err := parseOutput(name)
		if err != nil || o.String() != name {
			t.Errorf("parseOutput(%q): got %v, %v", name, o, err)
		}
	}
	for _, name := range []string{"", "stdout", "s3:gzip:1", "null:gzip", "sluice:lzma", "sluice:gzip:x", "sluice:gzip@", "sluice:gzip*0", "sluice:gzip:1:2"} {
		if o, err := parseOutput(name); err == nil {
			t.Errorf("parseOutput(%q): got %v, want an error", name, o)
		}
	}
}

func TestUsualOutputs(t *testing.T) {
	s := settings{size: 1e5, tiny: time.Second}
	dir := t.TempDir()
	for _, name := range names("parsed,raw,tags,tiny,ten") {
		in, err := s.input(name, dir)
		if err != nil {
			t.Fatal(err)
		}
		if outputs, err := parseOutputs(in.outputs); err != nil || outputs[0].plugin != "null" {
			t.Errorf("outputs of %s: got %v, %v, want null first", name, outputs, err)
		}
	}
	for _, name := range []string{"", "other", "tags:", "tags:0"} {
		if in, err := s.input(name, dir); err == nil {
			t.Errorf("input(%q): got %+v, want an error", name, in)
		}
	}
}

func TestNames(t *testing.T) {
	got := names("raw,tags,tags:5")
	want := []string{"raw", "tags:1", "tags:10", "tags:100", "tags:1000", "tags:10000", "tags:5"}
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
		"flush 0.02", "http_port 8", "parser json", "alias bench.0", "alias bench.1", "workers 0", "store_dir /run/store.1",
		"compression gzip", "compression_level 1", "endpoint http://127.0.0.1:9", "exit_timeout",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("config has no %q: %s", want, got)
		}
	}
	if strings.Contains(got, "exit_on_eof") {
		t.Errorf("config of a paced input ends at the end of the file: %s", got)
	}
}

// TestBench is a short run with the real Fluent Bit. It wants every record there.
func TestBench(t *testing.T) {
	markdown := filepath.Join(t.TempDir(), "bench.md")
	args := []string{
		"-plugin", "../../../build/out_sluice.so", "-markdown", markdown, "-rounds", "1", "-mb", "2", "-tiny", "1s",
		"-inputs", "parsed,tags:10,tiny,ten", "-outputs", "null,sluice:none,sluice:gzip@1,sluice:zstd*2,sluice:snappy,s3:snappy",
	}
	if _, err := parse(args, io.Discard); err != nil {
		t.Skip(err)
	}
	var out, progress bytes.Buffer
	if err := run(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	text, err := os.ReadFile(markdown)
	if err != nil || bytes.Count(text, []byte("\n| sluice:none |")) != 4 {
		t.Errorf("Markdown: got %v, %s, want four tables with a line for sluice:none", err, text)
	}
	t.Logf("%s", &out)
}
