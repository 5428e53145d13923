package differential

import (
	"fmt"
	"strings"
	"testing"

	"sluice/test/testenv"
)

func TestBrokenRecords(t *testing.T) {
	b := newBench(t)
	var streams []stream
	for i, r := range BrokenRecords {
		tag := fmt.Sprintf("broken%d", i)
		streams = append(streams, r.stream(tag))
		b.variants = append(b.variants, variant{tag, tag, nil})
	}
	got := b.run(t, streams)
	for i, r := range BrokenRecords {
		t.Run(r.Name, func(t *testing.T) {
			text := got[fmt.Sprintf("broken%d", i)]
			if c := present(text.c); c != r.C {
				t.Errorf("the C output wrote %q, want %q:\n%s", c, r.C, text.c)
			}
			if ours := present(text.ours); ours != r.Ours {
				t.Errorf("we wrote %q, want %q:\n%s", ours, r.Ours, text.ours)
			}
		})
	}
}

// present names the records that are in a text.
func present(text []byte) string {
	var names []string
	for _, name := range []string{"before", "bad", "after"} {
		if strings.Contains(string(text), `"`+name+`"`) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// TestLogKeyKeepsNUL is a difference on purpose: the C output handles the lines of a chunk as one C
// string, so that a NUL ends all of them (s3.c, flb_pack_msgpack_extract_log_key).
func TestLogKeyKeepsNUL(t *testing.T) {
	b := newBench(t)
	b.variants = []variant{{"nul", "nul", []testenv.Property{{Name: "log_key", Value: "id"}}}}
	var s stream
	s.tag = "nul"
	for _, value := range []string{"one", "tw\x00o", "three"} {
		p := packer{}
		event(goodTime, noMetadata, func(p *packer) { identified(p, value) })(&p)
		s.packed = append(s.packed, Record{Bytes: p.bytes, Lines: 1})
	}
	got := b.run(t, []stream{s})["nul"]
	if c, want := string(got.c), "one\ntw"; c != want {
		t.Errorf("the C output wrote %q, want %q", c, want)
	}
	if ours, want := string(got.ours), "one\ntw\x00o\nthree\n"; ours != want {
		t.Errorf("we wrote %q, want %q", ours, want)
	}
}

// newBench has the real Fluent Bit and the plugin, or skips.
func newBench(t *testing.T) bench {
	t.Helper()
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skipf("there is no Fluent Bit here: %v", err)
	}
	plugin, err := testenv.FindPlugin()
	if err != nil {
		t.Skipf("the plugin has not been built: %v", err)
	}
	return bench{program: program, plugin: plugin, escape: true}
}
