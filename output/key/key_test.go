package key_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sluice/output/key"
	"sluice/output/record"
)

var values = key.Values{
	Tag:    "app.orders.prod",
	Time:   time.Date(2026, 8, 5, 4, 3, 2, 0, time.FixedZone("", 2*3600)), // 02:03:02 UTC
	UUID:   "pX29aL0q",
	Index:  7,
	Source: key.Source{Values: []record.Value{text("a/b"), {Found: true, Kind: record.Uint, Bits: 7}}},
}

func zone(name string) *time.Location {
	z, err := key.ParseZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func TestRender(t *testing.T) {
	for _, c := range []struct {
		format string
		opts   key.Options
		want   string
	}{
		{"/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S", key.Options{},
			"fluent-bit-logs/app.orders.prod/2026/08/05/02/03/02-objectpX29aL0q"},
		{"/a/$TAG/%Y", key.Options{Static: true}, "a/app.orders.prod/2026"},
		{"/a/$UUID.gz", key.Options{}, "a/pX29aL0q.gz"},
		{"/a/$INDEX", key.Options{}, "a/7"},
		{"/a/$INDEX[%06d]x", key.Options{}, "a/000007x"},
		{"/ns=$kubernetes['ns']/$level-$UUID", key.Options{}, "ns=a%2Fb/7-pX29aL0q"},
		{"/%F %T %z %Z/$UUID", key.Options{Zone: zone("Europe/Berlin")}, "2026-08-05 04:03:02 +0200 CEST/pX29aL0q"},
		{"/%F %T %z/$UUID", key.Options{Zone: zone("-0330")}, "2026-08-04 22:33:02 -0330/pX29aL0q"},
		{"/$TAG[0]/$TAG[2]/$UUID", key.Options{}, "app/prod/pX29aL0q"},
		{"/$TAG[1]/$UUID", key.Options{TagDelimiters: "ro."}, "de/pX29aL0q"},
		{"/$TAG[9]/$UUID", key.Options{}, "app.orders.prod[9]/pX29aL0q"},
		{"/$TAGS/$UUID", key.Options{}, "app.orders.prodS/pX29aL0q"},
		{"//a/$UUID", key.Options{}, "/a/pX29aL0q"},
		{"/100%%/$5/$/$UUID", key.Options{}, "100%/$5/$/pX29aL0q"},
		{"/%a %A %b %B %d %e %H %I %j %k %l %m %M %p %S %u %w %y %Y %Z %z $UUID", key.Options{},
			"Wed Wednesday Aug August 05  5 02 02 217  2  2 08 03 AM 02 3 3 26 2026 GMT +0000 pX29aL0q"},
		{"/%F/%T/%D/%R/%s/%C/%G-%V-%g/%U-%W/%-d-%-m/$UUID", key.Options{},
			"2026-08-05/02:03:02/08/05/26/02:03/1785895382/20/2026-32-26/31-31/5-8/pX29aL0q"},
	} {
		tmpl, err := key.Parse(c.format, c.opts)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.format, err)
			continue
		}
		if got := tmpl.Render(values); got != c.want {
			t.Errorf("Render(%q) = %q, want %q", c.format, got, c.want)
		}
	}
}

// What a tag contains is never read as a format (Fluent Bit issue 8884).
func TestTagIsText(t *testing.T) {
	tmpl, err := key.Parse("/$TAG/$TAG[0]/%Y/$UUID", key.Options{TagDelimiters: "/"})
	if err != nil {
		t.Fatal(err)
	}
	v := values
	v.Tag = "a%2Fb$UUID$TAG[1]%Y/x"
	if got, want := tmpl.Render(v), "a%2Fb$UUID$TAG[1]%Y/x/a%2Fb$UUID$TAG[1]%Y/2026/pX29aL0q"; got != want {
		t.Errorf("Render = %q, want %q", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for format, want := range map[string]string{
		"logs":                          `must start with "/"`,
		"/":                             "names no object",
		"/$TAG[10]":                     "$TAG[0] to $TAG[9]",
		"/$TAG[x]":                      "$TAG[0] to $TAG[9]",
		"/$TAG[1":                       "no closing bracket",
		"/%Q":                           `"%Q" is not a known time conversion`,
		"/%3N":                          `"%3" is not a known time conversion`,
		"/a%":                           `"%" is not a known time conversion`,
		"/$kubernetes[ns]/$UUID":        "quote the member's name: write ['ns']",
		"/$INDEX[6]":                    "write $INDEX, or $INDEX[%06d]",
		"/$INDEX[%021d]":                "(1 to 20)",
		"/" + strings.Repeat("x", 1024): "at most 1024",
	} {
		if _, err := key.Parse(format, key.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.30q) = %v, want an error with %q", format, err, want)
		}
	}
}

func TestStream(t *testing.T) {
	for _, c := range []struct {
		format string
		same   bool // app.orders.a and app.orders.b share objects
	}{
		{"/$TAG/%Y", false},
		{"/$TAG[2]/%Y", false},
		{"/$TAG[1]/$TAG[0]", true},
		{"/%Y", true},
	} {
		tmpl, err := key.Parse(c.format, key.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if same := tmpl.Stream("app.orders.a") == tmpl.Stream("app.orders.b"); same != c.same {
			t.Errorf("%s: same stream is %v, want %v", c.format, same, c.same)
		}
	}
}

func TestLongAndBrokenTags(t *testing.T) {
	tmpl, err := key.Parse("/logs/$TAG/%Y", key.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{strings.Repeat("é", 1000), strings.Repeat("x", 5000), "a\xffb"} {
		v := values
		v.Tag = tag
		got := tmpl.Render(v)
		if len(got) > key.MaxLength || !utf8.ValidString(got) || !strings.HasSuffix(got, "-objectpX29aL0q") {
			t.Errorf("tag of %d bytes: key %q of %d bytes", len(tag), got, len(got))
		}
	}
}
