package commands

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// verdict is a configuration, which "sluice check" and Fluent Bit with the plugin both take or refuse.
type verdict struct {
	name    string
	yaml    bool
	text    string            // of the main file; <out> stands for an input and an output that are right
	more    map[string]string // further files by name
	two     bool              // outputs, and not one
	refused bool
	// stricter says why check refuses what Fluent Bit takes: it works, but not as it reads.
	stricter string
}

const (
	classicInput  = "[INPUT]\n    name dummy\n"
	classicOutput = "[OUTPUT]\n    name sluice\n    match *\n    bucket logs\n    store_dir DIR/spool\n" +
		"    endpoint http://127.0.0.1:1\n"
	yamlInput  = "pipeline:\n  inputs:\n    - name: dummy\n  outputs:\n"
	yamlOutput = "    - name: sluice\n      match: '*'\n      bucket: logs\n      store_dir: DIR/spool\n" +
		"      endpoint: http://127.0.0.1:1\n"
)

// line is a classic configuration with a line more, or YAML with a value more.
func line(text string) verdict { return verdict{name: text, text: "<out>    " + text + "\n"} }

func entry(text string) verdict {
	return verdict{name: text, yaml: true, text: "<out>      " + text + "\n"}
}

func (v verdict) no() verdict { v.refused = true; return v }

func (v verdict) but(stricter string) verdict { v.stricter = stricter; return v }

// TestVerdicts: check refuses what Fluent Bit and the plugin refuse at the start, and nothing else but for what is
// said here.
func TestVerdicts(t *testing.T) {
	command, err := testenv.FindCommand()
	if err != nil {
		t.Skip(err)
	}
	plugin, err := testenv.FindPlugin()
	if err != nil {
		t.Skip(err)
	}
	fluentBit, err := testenv.FindFluentBit()
	if err != nil {
		t.Skip(err)
	}
	root := t.TempDir()
	// No credentials and no services of this machine.
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + root, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1"}
	for i, v := range verdicts() {
		t.Run(v.name, func(t *testing.T) {
			file := v.write(t, filepath.Join(root, strconv.Itoa(i)))
			outputs := 1
			if v.two {
				outputs = 2
			}
			took, log := starts(t, env, outputs, fluentBit, "-e", plugin, "-c", file)
			if took == v.refused {
				t.Errorf("Fluent Bit takes it: %t, want %t\n%s", took, !v.refused, log)
			}
			check := exec.Command(command, "check", file)
			check.Env = env
			out, err := check.CombinedOutput()
			if want := took && v.stricter == ""; (err == nil) != want {
				t.Errorf("check: %v, want success: %t\n%s\nFluent Bit: %s", err, want, out, log)
			}
		})
	}
}

// write writes the files and returns the main one.
func (v verdict) write(t *testing.T, dir string) string {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	input, output, main := classicInput, classicOutput, filepath.Join(dir, "main.conf")
	if v.yaml {
		input, output, main = yamlInput, yamlOutput, filepath.Join(dir, "main.yaml")
	}
	fill := strings.NewReplacer("<in>", input, "<out>", input+output)
	text := fill.Replace(v.text)
	files := map[string]string{main: text}
	for name, text := range v.more {
		files[filepath.Join(dir, name)] = fill.Replace(text)
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return main
}

// starts runs Fluent Bit until the plugin says of all outputs that they have begun, or until it ends.
func starts(t *testing.T, env []string, outputs int, program string, args ...string) (took bool, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		in.Close()
		ended <- err
	}()
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), " bucket=") && strings.Contains(lines.Text(), " spool=") {
			outputs--
		}
		if outputs == 0 {
			took = true
			cancel() // the rest is read until the process is gone
		}
	}
	if err := <-ended; err == nil || !took && ctx.Err() != nil {
		t.Fatalf("Fluent Bit: %v, and neither began nor refused\n%s", errors.Join(err, ctx.Err()), said.String())
	}
	return took, said.String()
}
