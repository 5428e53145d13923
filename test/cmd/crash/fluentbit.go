package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"sluice/test/stack"
)

// fluentBit is Fluent Bit's configuration: lines come in by HTTP into filesystem storage, and go out by
// two outputs of the plugin.
type fluentBit struct {
	settings
	program string
	addr    string // of its http input
	s3      string // endpoint
}

// start starts it with the folders of the start before.
func (f fluentBit) start() (*stack.Process, error) {
	file := filepath.Join(f.dir, "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(f.config()), 0o644); err != nil {
		return nil, err
	}
	keys := stack.OwnerKeys()
	return stack.Start(stack.Command{
		Path: f.program, Args: []string{"-e", f.plugin, "-c", file}, Dir: f.dir, Log: f.log(),
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + f.dir,
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	})
}

func (f fluentBit) log() string { return filepath.Join(f.dir, "fluent-bit.log") }

// config has Fluent Bit delete the chunk files that it was killed over before anything was in them: it
// would keep them for ever, unread.
func (f fluentBit) config() string {
	var b strings.Builder
	host, port, _ := net.SplitHostPort(f.addr)
	stack.Section(&b, "SERVICE", []stack.Property{
		{Name: "flush", Value: "0.2"}, {Name: "grace", Value: "2"}, {Name: "log_level", Value: "info"},
		{Name: "storage.path", Value: filepath.Join(f.dir, "chunks")},
		{Name: "storage.delete_irrecoverable_chunks", Value: "on"},
		{Name: "scheduler.base", Value: "1"}, {Name: "scheduler.cap", Value: "5"},
	})
	stack.Section(&b, "INPUT", []stack.Property{
		{Name: "name", Value: "http"}, {Name: "listen", Value: host}, {Name: "port", Value: port},
		{Name: "storage.type", Value: "filesystem"},
	})
	stack.Section(&b, "OUTPUT", f.output("small",
		stack.Property{Name: "total_file_size", Value: "1M"}, stack.Property{Name: "compression", Value: "gzip"}))
	stack.Section(&b, "OUTPUT", f.output("big", stack.Property{Name: "total_file_size", Value: "11M"}))
	return b.String()
}

// output is one output; its tags begin with its name.
func (f fluentBit) output(name string, more ...stack.Property) []stack.Property {
	properties := []stack.Property{
		{Name: "name", Value: "sluice"}, {Name: "alias", Value: name}, {Name: "match", Value: name + ".*"},
		{Name: "workers", Value: fmt.Sprint(f.workers)}, {Name: "retry_limit", Value: "no_limits"},
		{Name: "bucket", Value: bucketName}, {Name: "region", Value: "us-east-1"}, {Name: "endpoint", Value: f.s3},
		{Name: "s3_key_format", Value: "/logs/$TAG/%Y/%m/%d/$INDEX-$UUID"}, {Name: "upload_timeout", Value: "1s"},
		{Name: "exit_timeout", Value: "1s"}, {Name: "store_dir", Value: f.store()},
	}
	return append(append(properties, more...), f.extra...)
}

func (f fluentBit) store() string { return filepath.Join(f.dir, "store") }

// empty is whether neither Fluent Bit nor the plugin keeps anything that waits.
func (f fluentBit) empty() bool {
	for _, waiting := range []string{
		filepath.Join(f.dir, "chunks", "*", "*.flb"),
		filepath.Join(f.store(), "*", "*.active"), filepath.Join(f.store(), "*", "*.sealed"),
	} {
		if files, _ := filepath.Glob(waiting); len(files) > 0 {
			return false
		}
	}
	return true
}
