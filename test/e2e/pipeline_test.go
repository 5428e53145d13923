package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// pipeline is one configuration of Fluent Bit.
type pipeline struct {
	yaml       bool // else classic
	filesystem bool // storage.type, else memory
	workers    int
	reloads    bool // hot_reload on
	impatient  bool // chunks that were refused are delivered again soon
	timed      bool // records have the time that is in their JSON lines, else that of reading
	output     []testenv.Property
	perTag     bool            // an output for each stream, else one for all
	null       bool            // the null output instead
	logFile    string          // Fluent Bit's log_file, else stderr
	http       string          // address of an http input, whose tags are the requests' paths
	streams    []testenv.Lines // each is a tail of its file in dir
	dir        string          // of this test
}

// newPipeline tails streams in a new folder into a bucket.
func newPipeline(t *testing.T, bucket testenv.Bucket, streams ...testenv.Lines) pipeline {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return pipeline{
		workers: 1, streams: streams, dir: dir,
		output: []testenv.Property{
			{Name: "bucket", Value: bucket.Name()},
			{Name: "region", Value: world.s3.Region},
			{Name: "endpoint", Value: world.s3.Endpoint},
			{Name: "s3_key_format", Value: "/logs/$TAG/%Y/%m/%d/$INDEX-$UUID"},
			{Name: "store_dir", Value: filepath.Join(dir, "store")},
		},
	}
}

// section is one part of a configuration.
type section struct {
	kind       string // service, input, output
	properties []testenv.Property
}

func (p pipeline) sections(monitor string) []section {
	host, port, _ := net.SplitHostPort(monitor)
	all := []section{{"service", []testenv.Property{
		{Name: "flush", Value: "0.2"}, {Name: "grace", Value: "10"},
		{Name: "parsers_file", Value: filepath.Join(p.dir, "parsers.conf")},
		{Name: "storage.path", Value: filepath.Join(p.dir, "chunks")}, {Name: "hot_reload", Value: onOff(p.reloads)},
		{Name: "http_server", Value: "on"}, {Name: "http_listen", Value: host}, {Name: "http_port", Value: port},
	}}}
	if p.logFile != "" {
		all[0].properties = append(all[0].properties, testenv.Property{Name: "log_file", Value: p.logFile})
	}
	if p.impatient {
		all[0].properties = append(all[0].properties,
			testenv.Property{Name: "scheduler.base", Value: "1"}, testenv.Property{Name: "scheduler.cap", Value: "2"})
	}
	for _, s := range p.streams {
		all = append(all, p.tail(s))
	}
	if p.http != "" {
		all = append(all, p.httpInput())
	}
	if p.null {
		return append(all,
			section{"output", []testenv.Property{{Name: "name", Value: "null"}, {Name: "match", Value: "*"}}})
	}
	if !p.perTag {
		return append(all, p.section("*"))
	}
	for _, s := range p.streams {
		all = append(all, p.section(s.Tag, testenv.Property{Name: "alias", Value: s.Tag}))
	}
	return all
}

// section is an output's.
func (p pipeline) section(match string, more ...testenv.Property) section {
	properties := append([]testenv.Property{
		{Name: "name", Value: world.output}, {Name: "match", Value: match},
		{Name: "workers", Value: fmt.Sprint(p.workers)}, {Name: "retry_limit", Value: "no_limits"},
	}, p.output...)
	return section{"output", append(properties, more...)}
}

// tail reads a stream's file from where the offset database says.
func (p pipeline) tail(s testenv.Lines) section {
	properties := []testenv.Property{
		{Name: "name", Value: "tail"}, {Name: "tag", Value: s.Tag}, {Name: "path", Value: s.File(p.dir)},
		{Name: "read_from_head", Value: "on"}, {Name: "refresh_interval", Value: "1"},
		{Name: "db", Value: filepath.Join(p.dir, s.Tag+".db")},
		{Name: "storage.type", Value: p.storage()},
	}
	if s.JSON {
		properties = append(properties, testenv.Property{Name: "parser", Value: "json"})
	}
	return section{"input", properties}
}

func (p pipeline) httpInput() section {
	host, port, _ := net.SplitHostPort(p.http)
	return section{"input", []testenv.Property{
		{Name: "name", Value: "http"}, {Name: "listen", Value: host}, {Name: "port", Value: port},
		{Name: "storage.type", Value: p.storage()},
	}}
}

func (p pipeline) storage() string { return pick(p.filesystem, "filesystem", "memory") }

// write writes the configuration and returns its file.
func (p pipeline) write(t *testing.T, monitor string) string {
	t.Helper()
	file, text := "fluent-bit.conf", classic(p.sections(monitor))
	if p.yaml {
		file, text = "fluent-bit.yaml", yaml(p.sections(monitor))
	}
	writeFile(t, filepath.Join(p.dir, "parsers.conf"),
		"[PARSER]\n    Name   json\n    Format json\n"+pick(p.timed,
			"    Time_Key time\n    Time_Format %Y-%m-%dT%H:%M:%S\n", ""))
	writeFile(t, filepath.Join(p.dir, file), text)
	return filepath.Join(p.dir, file)
}

func classic(sections []section) string {
	var b strings.Builder
	for _, s := range sections {
		testenv.Section(&b, strings.ToUpper(s.kind), s.properties)
	}
	return b.String()
}

func yaml(sections []section) string {
	var b strings.Builder
	kind := ""
	for _, s := range sections {
		switch {
		case s.kind == "service":
			b.WriteString("service:\n")
			yamlMap(&b, "  ", s.properties)
			b.WriteString("pipeline:\n")
			continue
		case s.kind != kind:
			kind = s.kind
			fmt.Fprintf(&b, "  %ss:\n", kind)
		}
		fmt.Fprintf(&b, "    - %s: %q\n", s.properties[0].Name, s.properties[0].Value)
		yamlMap(&b, "      ", s.properties[1:])
	}
	return b.String()
}

func yamlMap(b *strings.Builder, indent string, properties []testenv.Property) {
	for _, p := range properties {
		fmt.Fprintf(b, "%s%s: %q\n", indent, p.Name, p.Value)
	}
}

func onOff(on bool) string { return map[bool]string{true: "on", false: "off"}[on] }

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
