package testenv

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// FluentBit is the real thing.
type FluentBit struct{ Program string }

func (f FluentBit) String() string { return "Fluent Bit (" + f.Program + ")" }

// Version is a Fluent Bit's: 4.2.8 is {4, 2, 8}.
type Version [3]int

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// Before reports whether v is older than another version.
func (v Version) Before(other Version) bool { return slices.Compare(v[:], other[:]) < 0 }

// Version asks it for its version.
func (f FluentBit) Version() (v Version, err error) {
	out, err := exec.Command(f.Program, "--version").Output()
	if err != nil {
		return v, fmt.Errorf("%s --version: %w", f.Program, err)
	}
	if _, err := fmt.Sscanf(string(out), "Fluent Bit v%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return v, fmt.Errorf("%s --version prints %q: %w", f.Program, out, err)
	}
	return v, nil
}

// Ship tails the lines' files until Fluent Bit has an answer for every line, then stops it with
// SIGTERM. (tail's exit_on_eof is of no use here: the first of two inputs to end stops both.)
func (f FluentBit) Ship(ctx context.Context, s Shipment) error {
	p, monitor, err := f.Start(s)
	if err != nil {
		return err
	}
	lines := 0
	for _, in := range s.Inputs {
		lines += in.Count
	}
	if err := Wait(ctx, p.Done(), func() bool { return Answered(monitor) >= lines }); err != nil {
		p.Kill()
		return fmt.Errorf("fluent bit has not taken all lines: %w\n%s", err, p.LogEnd())
	}
	return p.Stop(ctx)
}

// Start begins to tail the lines' files. monitor is the address of Fluent Bit's metrics.
func (f FluentBit) Start(s Shipment) (p *Process, monitor string, err error) {
	if monitor, err = FreeAddr(); err != nil {
		return nil, "", err
	}
	file := filepath.Join(s.Dir, "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(s.config(monitor)), 0o644); err != nil {
		return nil, "", err
	}
	args := []string{"-c", file}
	if s.Plugin != "" {
		args = append([]string{"-e", s.Plugin}, args...)
	}
	p, err = Start(Command{
		Path: f.Program, Args: args, Env: s.environment(), Dir: s.Dir, Log: filepath.Join(s.Dir, "fluent-bit.log"),
	})
	return p, monitor, err
}

// Stop ends a process by SIGTERM, and wants a good end.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.end(ctx)
}

// Parsers is the content of a parsers file, which has the parser json.
const Parsers = `[PARSER]
    Name   json
    Format json
`

// config is a classic configuration: one tail for each stream of lines, and the output.
func (s Shipment) config(monitor string) string {
	var b strings.Builder
	host, port, _ := net.SplitHostPort(monitor)
	Section(&b, "SERVICE", []Property{
		{"flush", "0.5"}, {"grace", "10"}, {"parsers_file", s.parsersFile()},
		{"http_server", "on"}, {"http_listen", host}, {"http_port", port},
	})
	for _, in := range s.Inputs {
		properties := []Property{{"name", "tail"}, {"tag", in.Tag}, {"path", in.File(s.Dir)}, {"read_from_head", "on"}}
		properties = append(properties, s.Tail...)
		if in.JSON {
			properties = append(properties, Property{"parser", "json"})
		}
		Section(&b, "INPUT", properties)
	}
	Section(&b, "OUTPUT", append([]Property{{"name", s.Output}, {"match", "*"}, {"workers", "1"}}, s.Properties...))
	return b.String()
}

// parsersFile writes the parsers beside the lines; Fluent Bit wants them in a file of their own.
func (s Shipment) parsersFile() string {
	file := filepath.Join(s.Dir, "parsers.conf")
	if err := os.WriteFile(file, []byte(Parsers), 0o644); err != nil {
		return err.Error() // Fluent Bit will say that there is no such file
	}
	return file
}

// Section writes one section of a classic configuration.
func Section(b *strings.Builder, name string, properties []Property) {
	fmt.Fprintf(b, "[%s]\n", name)
	for _, p := range properties {
		fmt.Fprintf(b, "    %-18s %s\n", p.Name, p.Value)
	}
}

// Answered asks Fluent Bit's monitoring how many records its outputs have an answer for, all together.
func Answered(monitor string) int {
	client := http.Client{Timeout: 10 * time.Second} // its server may accept a connection and never answer
	resp, err := client.Get("http://" + monitor + "/api/v1/metrics")
	if err != nil {
		return 0 // not listening yet
	}
	defer resp.Body.Close()
	var metrics struct {
		Output map[string]struct {
			Sent    int `json:"proc_records"`
			Dropped int `json:"dropped_records"`
		} `json:"output"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&metrics); err != nil {
		return 0
	}
	n := 0
	for _, o := range metrics.Output {
		n += o.Sent + o.Dropped
	}
	return n
}
