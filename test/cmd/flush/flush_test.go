package main

import (
	"fmt"
	"testing"
)

func TestRead(t *testing.T) {
	const last = `{"flushes":3,"ok":%d,"bytes":6,` +
		`"callback_us":{"count":3,"p50":1500,"p99":2500,"max":2500},"cpu":2.5,"engine_cpu":1.0}` + "\n"
	for _, c := range []struct{ name, log, want string }{
		{"a good end", "[info] a line\n" + fmt.Sprintf(last, 3),
			"busy, gzip  50  3  1.5  2.5  2.5  0.0  0.0  0.0  0.0  1.5  0.0"},
		{"a refused chunk", fmt.Sprintf(last, 2), "1 of 3 flushes were not taken"},
		{"no end", "[error] out of luck\n",
			`the host's last word "[error] out of luck": invalid character 'e' looking for beginning of value`},
	} {
		m := measurement{shipper: "gzip", rate: 50}
		err := m.read(c.log)
		got := m.String()
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
