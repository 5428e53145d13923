package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"

	"sluice/test/testenv"
)

// longest is how many seconds Fluent Bit, and then our output, may take to end: everything is to be there.
const longest = "240"

// start starts Fluent Bit in a fresh folder. monitor is the address of its metrics, if the input is paced.
func (b *bench) start(t *trial) (p *testenv.Process, monitor string, err error) {
	dir := filepath.Join(b.dir, "run")
	if err := os.RemoveAll(dir); err != nil {
		return nil, "", err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, "", err
	}
	files := map[string]string{"parsers.conf": testenv.Parsers}
	if t.pace > 0 {
		if monitor, err = testenv.FreeAddr(); err != nil {
			return nil, "", err
		}
		if t.socket == "" {
			files[filepath.Base(t.path)] = ""
		}
	}
	files["fluent-bit.conf"] = b.config(t, dir, monitor)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return nil, "", err
		}
	}
	p, err = testenv.Start(b.command(t, dir))
	return p, monitor, err
}

func (b *bench) config(t *trial, dir, monitor string) string {
	var text strings.Builder
	service := []testenv.Property{
		{Name: "parsers_file", Value: filepath.Join(dir, "parsers.conf")}, {Name: "grace", Value: longest},
		{Name: "flush", Value: t.flush()},
	}
	if t.pace > 0 {
		service = append(service, monitored(monitor)...)
	}
	testenv.Section(&text, "SERVICE", service)
	testenv.Section(&text, "INPUT", t.section())
	t.sections(&text, dir, b.sink.Endpoint, t.timeout())
	return text.String()
}

// monitored are the properties of a service with metrics.
func monitored(monitor string) []testenv.Property {
	host, port, _ := net.SplitHostPort(monitor)
	return []testenv.Property{
		{Name: "http_server", Value: "on"}, {Name: "http_listen", Value: host}, {Name: "http_port", Value: port},
	}
}

// command runs Fluent Bit with the output's credentials, and nothing else of ours, in its environment.
func (b *bench) command(t *trial, dir string) testenv.Command {
	keys := testenv.OwnerKeys()
	c := testenv.Command{
		Path: b.program, Args: []string{"-c", filepath.Join(dir, "fluent-bit.conf")}, Dir: dir,
		Log: filepath.Join(dir, "fluent-bit.log"),
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir,
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	}
	if t.plugin == "sluice" {
		c.Args = append([]string{"-e", b.plugin}, c.Args...)
	}
	return c
}
