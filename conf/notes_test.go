package conf_test

import (
	"strings"
	"testing"

	"sluice/conf"
)

// TestLookOver: each setting that is valid but probably a mistake gets one warning or one note, with a remedy.
func TestLookOver(t *testing.T) {
	for settings, want := range map[string]string{
		"store_dir_limit_size=1K":                            "log: raise store_dir_limit_size 1000 above 2048000",
		"store_dir_limit_size=50M":                           "log: raise store_dir_limit_size 50000000 above",
		"store_dir_limit_size=500M":                          "",
		"store_dir=spool":                                    "log: write store_dir spool with its whole path",
		"s3_key_format=/a/$UUID.gz":                          "log: set compression gzip, or take .gz from",
		"s3_key_format=/a/$UUID.gz compression=zstd":         "log: set compression gzip",
		"s3_key_format=/a/$UUID.gz compression=gzip":         "",
		"s3_key_format=/a/$UUID.zst compression=zstd":        "",
		"static_file_path=on s3_key_format=/a":               "note: put $UUID into s3_key_format",
		"static_file_path=on s3_key_format=/a/$INDEX":        "",
		"retry_exhausted_action=delete":                      "note: set upload_retry_limit, too",
		"retry_exhausted_action=delete upload_retry_limit=3": "note: set retry_exhausted_action quarantine",
		"upload_timeout=2d":                                  "note: lower upload_timeout",
		"upload_timeout=1d":                                  "",
	} {
		c, err := conf.Parse(lookup(append(strings.Fields(settings), "bucket=b")...), conf.Checks{})
		var all []string
		for _, text := range c.Warnings {
			all = append(all, "log: "+text)
		}
		for _, text := range c.Notes() {
			all = append(all, "note: "+text)
		}
		got := strings.Join(all, "; ")
		if err != nil || !strings.HasPrefix(got, want) || len(all) > 1 || want == "" && got != "" {
			t.Errorf("%s: %q, %v, want %q", settings, got, err, want)
		}
	}
}
