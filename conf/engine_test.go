package conf_test

import (
	"testing"

	"sluice/conf"
)

func TestEngine(t *testing.T) {
	for name, want := range map[string]bool{
		"match": true, "Alias": true, "tls.verify": true, "retry_limit": true,
		"bucket": false, "net.keepalive": false, "oauth2.scope": false, "net.": false,
	} {
		if got := conf.LastWins(name); got != want {
			t.Errorf("LastWins(%s) = %t", name, got)
		}
	}
	const known = "use off, error, warn, warning, info, debug, trace"
	for setting, want := range map[string]string{
		"": "", "log_level=WARN": "", "log_level=warning": "", "log_level=loud": `"loud" is not known: ` + known,
		"storage.total_limit_size=5MB": "", "storage.total_limit_size=off": "",
		"storage.total_limit_size=5Q": `"5Q" is not a valid size: write bytes, or a number with K, M or G, or off`,
	} {
		got := conf.CheckEngine(lookup(setting))
		if (len(got) > 0) != (want != "") || want != "" && got[0].Problem != want {
			t.Errorf("CheckEngine of %s = %v, want %q", setting, got, want)
		}
	}
	if got := conf.CheckNames([]string{"tls.verfy", "active"}); len(got) != 1 || got[0].Property != "tls.verfy" {
		t.Errorf("CheckNames = %v, want tls.verfy", got)
	}
}
