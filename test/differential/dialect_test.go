package differential

import "testing"

func TestTranslate(t *testing.T) {
	const all = NonFinite | Ext | OddKey | Delete
	for _, test := range []struct {
		line  string
		apply Feature
		want  string // "" for an error
	}{
		{`{"a":1,"b":[true,null,"x"]}`, 0, `{"a":1,"b":[true,null,"x"]}`},
		{`{}`, 0, `{}`},
		{`{"a":nan,"b":[-inf]}`, all, `{"a":null,"b":[null]}`},
		{`{"a":nan}`, Ext, ``},
		{`{"a":nanny}`, all, ``},
		{`{"a":"nan"}`, all, `{"a":"nan"}`},
		{`{"a":"\x01\xffffff80\xff"}`, all, `{"a":"\\x01\\x80\\xff"}`},
		{`{"a":"\x01"}`, OddKey, ``},
		{`{"a":"\\x01"}`, all, `{"a":"\\x01"}`},
		{`{1:null}`, all, `{"1":null}`},
		{"{[\"\ue0ff\"]:1}", all, `{"[\"\ue0ff\"]":1}`},
		{`{1:null}`, Ext, ``},
		{`{["a",{2:"b\n"}]:3}`, all, `{"[\"a\",{\"2\":\"b\\n\"}]":3}`},
		{`{"a":"x\u007fy\\u007f"}`, all, "{\"a\":\"x\x7fy\\\\u007f\"}"},
		{`{"a":"x\u007f"}`, Ext, `{"a":"x\u007f"}`},
		{`{"a":1}}`, all, ``},
		{`{"a":"`, all, ``},
	} {
		got, err := translate([]byte(test.line), test.apply, true)
		if string(got) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("translate(%s, %b): got %q, %v, want %q", test.line, test.apply, got, err, test.want)
		}
	}
}

func TestTruncated(t *testing.T) {
	for text, want := range map[string]bool{
		"":                 false,
		"plain":            false,
		"é":                false,
		"\xc3":             true,
		"\xe2\x82":         true,
		"\xe2\x82.":        false, // three bytes are announced, three are there
		"\x80\xbf":         false,
		"\xff....":         true,
		"\xff.....":        false,
		"\xed\xa0\x80\xc3": true,
	} {
		if got := truncated(text); got != want {
			t.Errorf("truncated(%q): got %t, want %t", text, got, want)
		}
	}
}
