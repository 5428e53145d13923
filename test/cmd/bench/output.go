package main

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sluice/test/testenv"
)

// output is what lines go to, written PLUGIN:CODEC:LEVEL@WORKERS*COUNT#STREAMS, as far as it is not the usual.
type output struct {
	plugin  string // null, s3 or sluice
	codec   string
	level   int // 0 for the codec's default
	workers int
	count   int // of such outputs in one process, each of which gets all lines
	streams int // into which fields of the records divide them, 0 for no fields in the key
}

// dividers are fields of the lines by how many values they have.
var dividers = map[int]string{
	1: "$service", 45: "$items-$address['city']", 1000: "$latency_ms-$express-$level", 90_000: "$customer",
}

func (o output) String() string {
	name := o.plugin
	if o.plugin != "null" {
		name += ":" + o.codec
	}
	if o.level != 0 {
		name += fmt.Sprintf(":%d", o.level)
	}
	if o.workers != usualWorkers(o.plugin) {
		name += fmt.Sprintf("@%d", o.workers)
	}
	if o.count != 1 {
		name += fmt.Sprintf("*%d", o.count)
	}
	if o.streams != 0 {
		name += fmt.Sprintf("#%d", o.streams)
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

func parseOutput(text string) (output, error) {
	const upload = `(?:(s3|sluice):(none|gzip|zstd|snappy)(?::([1-9]\d?))?)`
	form := regexp.MustCompile(`^(?:(null)|` + upload + `)(?:@(\d{1,3}))?(?:\*([1-9]\d{0,2}))?(?:#(\d+))?$`)
	m := form.FindStringSubmatch(text)
	if m == nil {
		return output{}, fmt.Errorf("%q is no output: write null, s3:CODEC or sluice:CODEC:LEVEL, with "+
			"@WORKERS*COUNT#STREAMS if you like", text)
	}
	o := output{plugin: cmp.Or(m[1], m[2]), codec: cmp.Or(m[3], "none"), level: number(m[4], 0), count: number(m[6], 1),
		streams: number(m[7], 0)}
	o.workers = number(m[5], usualWorkers(o.plugin))
	if o.plugin == "s3" && o.level != 0 {
		return output{}, fmt.Errorf("%q: the built-in output knows no levels", text)
	}
	if o.streams != 0 && (o.plugin != "sluice" || dividers[o.streams] == "") {
		return output{}, fmt.Errorf("%q: sluice alone divides, and among %v streams", text,
			slices.Sorted(maps.Keys(dividers)))
	}
	return o, nil
}

// usualWorkers is what Fluent Bit takes by default; null stands in for the built-in outputs.
func usualWorkers(plugin string) int {
	if plugin == "sluice" {
		return 0
	}
	return 1
}

// number reads digits; without any it is def.
func number(digits string, def int) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return def
	}
	return n
}

// sections are the output's parts of a configuration.
func (o output) sections(b *strings.Builder, dir, endpoint, timeout string) {
	for n := range o.count {
		properties := []testenv.Property{
			{Name: "name", Value: o.plugin}, {Name: "alias", Value: fmt.Sprintf("bench.%d", n)},
			{Name: "match", Value: "*"}, {Name: "workers", Value: fmt.Sprint(o.workers)},
		}
		if o.plugin != "null" {
			properties = append(properties,
				o.upload(filepath.Join(dir, fmt.Sprintf("store.%d", n)), endpoint, timeout)...)
		}
		testenv.Section(b, "OUTPUT", properties)
	}
}

// upload are the properties of an output that uploads.
func (o output) upload(store, endpoint, timeout string) []testenv.Property {
	properties := []testenv.Property{
		{Name: "bucket", Value: "bench"}, {Name: "region", Value: "us-east-1"}, {Name: "endpoint", Value: endpoint},
		{Name: "total_file_size", Value: "100M"}, {Name: "upload_timeout", Value: timeout},
		{Name: "use_put_object", Value: "off"},
		{Name: "store_dir", Value: store}, {Name: "retry_limit", Value: "no_limits"},
	}
	if o.codec != "none" {
		properties = append(properties, testenv.Property{Name: "compression", Value: o.codec})
	}
	if o.level != 0 {
		properties = append(properties, testenv.Property{Name: "compression_level", Value: fmt.Sprint(o.level)})
	}
	if o.plugin == "s3" {
		return append(properties, testenv.Property{Name: "tls", Value: "off"})
	}
	if o.streams != 0 {
		properties = append(properties,
			testenv.Property{Name: "s3_key_format", Value: "/" + dividers[o.streams] + "/%Y/%m/%d/$UUID"},
			testenv.Property{Name: "key_max_streams", Value: fmt.Sprint(min(o.streams, 1000))})
	}
	return append(properties, testenv.Property{Name: "exit_timeout", Value: longest})
}
