package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/test/stack"
)

// output is what lines go to, written PLUGIN:CODEC:LEVEL@WORKERS*COUNT; what follows the plugin may be
// left out.
type output struct {
	plugin  string // null, s3 or sluice
	codec   string
	level   int // 0 for the codec's default
	workers int
	count   int // of such outputs in one process, each of which gets all lines
}

func (o output) String() string {
	name := o.plugin
	if o.plugin != "null" {
		name += ":" + o.codec
	}
	if o.level != 0 {
		name += fmt.Sprintf(":%d", o.level)
	}
	if o.workers != 1 {
		name += fmt.Sprintf("@%d", o.workers)
	}
	if o.count != 1 {
		name += fmt.Sprintf("*%d", o.count)
	}
	return name
}

func parseOutputs(list string) (outputs []output, err error) {
	if list == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		o, err := parseOutput(text)
		if err != nil {
			return nil, fmt.Errorf("-outputs: %w", err)
		}
		outputs = append(outputs, o)
	}
	return outputs, nil
}

func parseOutput(text string) (o output, err error) {
	rest, count, _ := strings.Cut(text, "*")
	rest, workers, _ := strings.Cut(rest, "@")
	names := append(strings.Split(rest, ":"), "", "")
	o.plugin, o.codec = names[0], cmp.Or(names[1], "none")
	for _, number := range []struct {
		to   *int
		text string
	}{{&o.level, cmp.Or(names[2], "0")}, {&o.workers, cmp.Or(workers, "1")}, {&o.count, cmp.Or(count, "1")}} {
		if *number.to, err = strconv.Atoi(number.text); err != nil {
			return o, fmt.Errorf("%q: %q is no number", text, number.text)
		}
	}
	switch {
	case len(names) > 5 || o.plugin != "null" && o.plugin != "s3" && o.plugin != "sluice":
		return o, fmt.Errorf("%q is no output: write null, s3:CODEC or sluice:CODEC:LEVEL@WORKERS*COUNT", text)
	case o.plugin == "s3" && o.level != 0:
		return o, fmt.Errorf("%q: the built-in output knows no levels", text)
	}
	return o, nil
}

// sections are the output's parts of a configuration.
func (o output) sections(b *strings.Builder, dir, endpoint string) {
	for n := range o.count {
		properties := []stack.Property{
			{Name: "name", Value: o.plugin}, {Name: "alias", Value: fmt.Sprintf("bench.%d", n)},
			{Name: "match", Value: "*"}, {Name: "workers", Value: fmt.Sprint(o.workers)},
		}
		if o.plugin != "null" {
			properties = append(properties, o.upload(filepath.Join(dir, fmt.Sprintf("store.%d", n)), endpoint)...)
		}
		stack.Section(b, "OUTPUT", properties)
	}
}

// upload are the properties of an output that uploads.
func (o output) upload(store, endpoint string) []stack.Property {
	properties := []stack.Property{
		{Name: "bucket", Value: "bench"}, {Name: "region", Value: "us-east-1"}, {Name: "endpoint", Value: endpoint},
		{Name: "total_file_size", Value: "100M"}, {Name: "upload_timeout", Value: "10m"}, {Name: "use_put_object", Value: "off"},
		{Name: "store_dir", Value: store}, {Name: "retry_limit", Value: "no_limits"},
	}
	if o.codec != "none" {
		properties = append(properties, stack.Property{Name: "compression", Value: o.codec})
	}
	if o.level != 0 {
		properties = append(properties, stack.Property{Name: "compression_level", Value: fmt.Sprint(o.level)})
	}
	if o.plugin == "s3" {
		return append(properties, stack.Property{Name: "tls", Value: "off"})
	}
	return append(properties, stack.Property{Name: "exit_timeout", Value: "60s"})
}
