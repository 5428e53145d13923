package main

import "testing"

func TestPackageVersion(t *testing.T) {
	for describe, want := range map[string]string{
		"v0.1.0":                     "0.1.0",
		"0.1.0":                      "0.1.0",
		"v0.1.0-dirty":               "0.1.0+dirty",
		"v0.1.0-5-g1234abc":          "0.1.0+5.g1234abc",
		"v0.1.0-5-g1234abc-dirty":    "0.1.0+5.g1234abc.dirty",
		"v0.2.0-rc.1":                "0.2.0~rc.1",
		"v0.2.0-rc.1-12-g1234abc":    "0.2.0~rc.1+12.g1234abc",
		"1234abc":                    "0.0.0+g1234abc",
		"1234abc-dirty":              "0.0.0+g1234abc.dirty",
		"unknown":                    "0.0.0+gunknown",
		"v10.20.30-alpha-1-g00aa11b": "10.20.30~alpha+1.g00aa11b",
	} {
		if got := packageVersion(describe); got != want {
			t.Errorf("packageVersion(%q) = %q, want %q", describe, got, want)
		}
	}
}

func TestOlder(t *testing.T) {
	for _, pair := range [][2]string{{"2.9", "2.17"}, {"2.2", "2.2.5"}, {"2.2.5", "2.3"}, {"2.36", "3.0"}} {
		if !older(pair[0], pair[1]) || older(pair[1], pair[0]) {
			t.Errorf("%s is not before %s", pair[0], pair[1])
		}
	}
	if older("2.17", "2.17") {
		t.Error("2.17 is before itself")
	}
}
