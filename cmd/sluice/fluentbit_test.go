package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// readAll reads a configuration with more files beside it, and returns its outputs in one line each.
func readAll(t *testing.T, name, text string, more map[string]string, env vars) (outputs []string, err error) {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, more)
	writeFiles(t, dir, map[string]string{name: text})
	sections, err := readConfiguration(filepath.Join(dir, name), nil, env.getenv)
	for _, s := range sections {
		var words []string
		for _, p := range s.properties {
			word := fmt.Sprintf("%d:%d %s=%s", p.at.line, p.at.column, p.name, p.value)
			if len(p.unset) > 0 {
				word += fmt.Sprint(" unset ", p.unset)
			}
			words = append(words, word)
		}
		outputs = append(outputs, strings.Join(words, "; "))
	}
	return outputs, err
}

// TestClassic: classic files mean what they mean to Fluent Bit 5.1.1.
func TestClassic(t *testing.T) {
	for _, tt := range []struct {
		name, text, more string
		want             string
	}{
		{name: "places", text: "[OUTPUT]\n    Name  sluice\n    # x\n    BUCKET\ta  b  \r\n",
			want: "2:5 name=sluice; 4:5 bucket\ta=b"},
		{name: "a comment behind a value", text: "[OUTPUT]\n name s3\n log_key a # b\n",
			want: "2:2 name=s3; 3:2 log_key=a # b"},
		{name: "beginnings of names", text: "[Out] x\n name s3\n[OUTPUTS]\n name null\n[ OUTPUT ]\n name s3\n",
			want: "2:2 name=s3"},
		{name: "groups", text: "[OUTPUT]\n name s3\n [x] y\n  a b\n log_key a\n", want: "2:2 name=s3; 5:2 log_key=a"},
		{name: "@SET anywhere, as it is", text: "[OUTPUT]\n name s3\n bucket ${a}-${b }\n@set a=${c}\n@SET b = d\n",
			want: "2:2 name=s3; 3:2 bucket=${c}- d"},
		{name: "variables", text: "[OUTPUT]\n name ${N}\n bucket ${HERE}${E:-d}${GONE}${GONE:-}\n log_key }${HERE}\n",
			want: "2:2 name=s3; 3:2 bucket=heredef unset [GONE]; 4:2 log_key=}${HERE}"},
		{name: "included", text: "[OUTPUT]\n name s3\n@INCLUDE mo*.conf\n bucket ${x}\n", more: "@SET x=y\n",
			want: "2:2 name=s3; 4:2 bucket=y"},
	} {
		env := vars{"N": "s3", "HERE": "here", "E": "def"}
		got, err := readAll(t, "a.conf", tt.text, map[string]string{"more.conf": tt.more}, env)
		if err != nil || strings.Join(got, "\n") != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// TestClassicRefused: what Fluent Bit refuses to read has a line and a remedy.
func TestClassicRefused(t *testing.T) {
	for text, want := range map[string]string{
		"[OUTPUT\n":                           "a.conf:1: the section has no closing bracket: write [OUTPUT]",
		"[OUTPUT]\nname s3\n":                 "a.conf:2: the line is not indented",
		"[OUTPUT]\n    name s3\n\tbucket b\n": "a.conf:3: the line is indented less than the first one",
		"[OUTPUT]\n  name s3\n   bucket b\n":  "a.conf:3: the line is indented more than",
		"[OUTPUT]\n  name s3\n  bucket\n":     "a.conf:3: bucket has no value: write one",
		"[OUTPUT]\n  name s3\n  bucket  \n":   "a.conf:3: bucket has no value",
		"[OUTPUT]\n  name s3\n  bucket\tb\n":  `a.conf:3: "bucket\tb" has a tab: write a blank`,
		"  name s3\n":                         "a.conf:1: name is in no section",
		"@SETX\n":                             "a.conf:1: @SETX must be followed by a blank",
		"@INCLUDE  b.conf\n":                  "no such file",
		"@INCLUDE b*.conf\n":                  "a.conf:1: no file matches",
		"@INCLUDE a.conf\n":                   "a.conf is included twice: Fluent Bit takes a file only once",
	} {
		_, err := readAll(t, "a.conf", text, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestYAML: YAML files mean what they mean to Fluent Bit 5.1.1.
func TestYAML(t *testing.T) {
	const head = "pipeline:\n  outputs:\n    - name: s3\n"
	for _, tt := range []struct {
		name, text, more string
		want             []string
	}{
		{name: "places", text: head + "      bucket : b\n", want: []string{"3:7 name=s3; 4:7 bucket=b"}},
		{name: "camel case", text: head + "      storeDir: a\n      TagX: b\n      a_B: c\n",
			want: []string{"3:7 name=s3; 4:7 store_dir=a; 5:7 TagX=b; 6:7 a_b=c"}},
		{name: "null is text", text: head + "      a: null\n      b: ~\n      c:\n",
			want: []string{"3:7 name=s3; 4:7 a=null; 5:7 b=~; 6:7 c="}},
		{name: "a list sets a property twice", text: head + "      a: [b, c]\n",
			want: []string{"3:7 name=s3; 4:7 a=b; 4:7 a=c"}},
		{name: "processors and routes", text: head + "      processors: {logs: [{name: x}]}\n      routes: [a]\n",
			want: []string{"3:7 name=s3"}},
		{name: "env behind", text: head + "      a: ${b}${c}\nEnv: {b: '1', c: 'file:///dev/null'}\n",
			want: []string{"3:7 name=s3; 4:7 a=1 unset [c]"}},
		{name: "env as a list", text: head + "      a: ${b}${c}\nenv:\n  - {name: b, value: x}\n  - c: y\n",
			want: []string{"3:7 name=s3; 4:7 a=xy"}},
		{name: "includes", text: "includes: [mo*.yaml, no*.yaml]\n", more: head, want: []string{"3:7 name=s3"}},
		{name: "two pipelines", text: head + head, want: []string{"3:7 name=s3", "6:7 name=s3"}},
	} {
		got, err := readAll(t, "a.yaml", tt.text, map[string]string{"more.yaml": tt.more}, nil)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// TestYAMLRefused: what Fluent Bit refuses to read has a line and a remedy.
func TestYAMLRefused(t *testing.T) {
	for text, want := range map[string]string{
		"includes: more.yaml\n":                         "a.yaml:1: includes must be a list",
		"includes: [more.yaml]\n":                       "a.yaml:1: stat ",
		"includes: [a.yaml]\n":                          "a.yaml is included twice",
		"pipeline:\n  outputs:\n    name: s3\n":         "a.yaml:3: outputs must be a list",
		"a: &x b\npipeline:\n  outputs:\n    - a: *x\n": "a.yaml:4: Fluent Bit takes no aliases",
		"pipeline: x\n":                                 "a.yaml:1: a map is missing here",
	} {
		_, err := readAll(t, "a.yaml", text, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestClassicLinked: files are included from beside the main file, not beside a link to it; messages show the path as
// it was given.
func TestClassicLinked(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"real/a.conf":    "@INCLUDE more.conf\n",
		"real/more.conf": "[OUTPUT]\n name s3\n",
	})
	if err := os.Symlink(filepath.Join("real", "a.conf"), filepath.Join(dir, "link.conf")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	sections, err := readConfiguration("link.conf", nil, vars{}.getenv)
	if err != nil || len(sections) != 1 {
		t.Fatalf("%v, %v, want one output", sections, err)
	}
	text := "[OUTPUT]\n name s3\n bucket x\n"
	writeFiles(t, dir, map[string]string{"real/a.conf": text})
	if sections, err = readConfiguration("link.conf", nil, vars{}.getenv); err != nil ||
		sections[0].properties[1].at.String() != "link.conf:3:2" {
		t.Errorf("%v, %v, want link.conf:3:2", sections, err)
	}
}
