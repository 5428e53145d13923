package record_test

import (
	"strings"
	"testing"

	"sluice/output/record"
)

func TestParseAccessor(t *testing.T) {
	for text, want := range map[string]string{
		"$level":                        "$level",
		"$_x9/$y":                       "$_x9",
		"$level.gz":                     "$level",
		"$app-name/x":                   "$app-name",
		"$level-$UUID":                  "$level",
		"$level--x":                     "$level",
		"$level-":                       "$level",
		"$level%Y":                      "$level",
		"$kubernetes['labels']['app']/": "$kubernetes['labels']['app']",
		"$a['b'][0].gz":                 "$a['b'][0]",
		"$a['it''s']x":                  "$a['it''s']",
		"$a['/.], %']":                  "$a['/.], %']",
		"$a['']":                        "$a['']",
		"$a" + strings.Repeat("[1]", 31) + "tail": "$a" + strings.Repeat("[1]", 31),
	} {
		got, n, err := record.ParseAccessor(text)
		if err != nil || got.String() != want || n != len(want) {
			t.Errorf("ParseAccessor(%q) = %q, %d, %v, want %q", text, got, n, err, want)
		}
	}
}

func TestParseAccessorRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "write a record field as $name",
		"level":                          "write a record field as $name",
		"$":                              "write a record field as $name",
		"$9":                             "write a record field as $name",
		"$['a']":                         "write a record field as $name",
		"$a['b":                          `close the member's name with '], at byte 2 of "$a['b"`,
		"$a['b'":                         "close the bracket with ] behind the quote",
		"$a['b'x]":                       "close the bracket with ] behind the quote",
		"$a['b'][1":                      `close the bracket with ], at byte 7 of "$a['b'][1"`,
		"$a[]":                           "name a member as ['name'] or an element as [0]",
		"$a[b]":                          "quote the member's name: write ['b']",
		`$a["b"]`:                        "quote the member's name: write ['b']",
		"$a[-1]":                         "quote the member's name",
		"$a[01]":                         "without leading zeros: [1]",
		"$a[2147483647]":                 "below 2147483647",
		"$a[99999999999999999999]":       "below 2147483647",
		"$a" + strings.Repeat("[1]", 32): "at most 32 levels",
	} {
		if _, _, err := record.ParseAccessor(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseAccessor(%q) = %v, want an error with %q", text, err, want)
		}
	}
}
