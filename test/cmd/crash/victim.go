package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sluice/test/testenv"
)

// victim is the program that is killed, with the lines that it gets.
type victim interface {
	// begin begins the load, before the first start.
	begin() error
	// start starts it with the folders of the start before.
	start() (*testenv.Process, error)
	// end ends the load: the streams' lines are all that there will be.
	end()
	// settle makes it ship what is left, in good weather.
	settle(context.Context) error
	// streams are the lines; they belong to the load from begin to end.
	streams() []*stream
}

// newVictim is Fluent Bit, or where there is none, this project's loader.
func newVictim(s settings, endpoint string) (victim, error) {
	if loader, ok := s.host.(testenv.Loader); ok {
		return newLoader(s, loader.Program, endpoint), nil
	}
	return newFluentBit(s, s.host.(testenv.FluentBit).Program, endpoint)
}

// command runs a program with the plugin's credentials in its environment.
func (s settings) command(program string, args ...string) (*testenv.Process, error) {
	keys := testenv.OwnerKeys()
	return testenv.Start(testenv.Command{
		Path: program, Args: args, Dir: s.dir, Log: s.log(),
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir,
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
	})
}

// output are the properties of one output; its tags begin with its name.
func (s settings) output(name, endpoint string, more ...testenv.Property) []testenv.Property {
	properties := []testenv.Property{
		{Name: "alias", Value: name}, {Name: "match", Value: name + ".*"},
		{Name: "workers", Value: fmt.Sprint(s.workers)},
		{Name: "bucket", Value: bucketName}, {Name: "region", Value: "us-east-1"}, {Name: "endpoint", Value: endpoint},
		{Name: "s3_key_format", Value: "/logs/$TAG/%Y/%m/%d/$INDEX-$UUID"}, {Name: "upload_timeout", Value: "1s"},
		{Name: "exit_timeout", Value: "1s"}, {Name: "store_dir", Value: s.store()},
		{Name: "retry_limit", Value: "no_limits"},
	}
	return testenv.Replaced(append(properties, more...), s.extra)
}

// small is the output of the small objects.
func (s settings) small(endpoint string) []testenv.Property {
	return s.output("small", endpoint,
		testenv.Property{Name: "total_file_size", Value: "1M"}, testenv.Property{Name: "compression", Value: "gzip"})
}

func (s settings) store() string  { return filepath.Join(s.dir, "store") }
func (s settings) chunks() string { return filepath.Join(s.dir, "chunks") }
func (s settings) log() string    { return filepath.Join(s.dir, "process.log") }

// empty is whether the plugin keeps nothing that waits, and no file matches any of the patterns.
func (s settings) empty(patterns ...string) bool {
	patterns = append(patterns, filepath.Join(s.store(), "*", "*.active"), filepath.Join(s.store(), "*", "*.sealed"))
	for _, pattern := range patterns {
		if files, _ := filepath.Glob(pattern); len(files) > 0 {
			return false
		}
	}
	return true
}
