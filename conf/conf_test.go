package conf_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/conf"
)

// lookup makes a conf.Lookup of key=value pairs.
func lookup(pairs ...string) conf.Lookup {
	return func(name string) (string, bool) {
		for _, p := range pairs {
			if key, value, _ := strings.Cut(p, "="); key == name {
				return value, true
			}
		}
		return "", false
	}
}

func TestDefaults(t *testing.T) {
	got, err := conf.Parse(lookup("bucket=b"), conf.Checks{})
	want := conf.Config{
		Bucket: "b", Region: "us-east-1", RegionUnset: true, SSLVerify: true,
		KeyFormat: "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S", TagDelimiters: ".",
		KeyTime: "first", KeyTimeMaxAge: 7 * 24 * time.Hour, KeyMaxStreams: 500, TimeZone: "UTC",
		Format: "json_lines", JSONDateFormat: "iso8601", JSONDateKey: "date", EscapeUnicode: true, Compression: "none",
		Checksum:      "crc64nvme",
		TotalFileSize: 100_000_000, PartSize: 5_242_880, UploadTimeout: 10 * time.Minute,
		StoreDir: "/tmp/fluent-bit/s3", StoreCompression: "none", Deduplicate: true, AutoRetry: true, Ordered: true,
		RetryLimit:  conf.Unlimited,
		ExitTimeout: 4 * time.Second, StallTimeout: time.Minute, UploadWorkers: 2, PartWorkers: 2, EncodeWorkers: 1,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Parse = %+v, %v\nwant %+v", got, err, want)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		setting string
		get     func(conf.Config) any
		want    any
	}{
		{"total_file_size=10M", func(c conf.Config) any { return c.TotalFileSize }, int64(10_000_000)},
		{"total_file_size=1.5GB", func(c conf.Config) any { return c.TotalFileSize }, int64(1_500_000_000)},
		{"total_file_size=20000kb", func(c conf.Config) any { return c.TotalFileSize }, int64(20_000_000)},
		{"store_dir_limit_size=false", func(c conf.Config) any { return c.StoreLimit }, int64(0)},
		{"upload_timeout=90", func(c conf.Config) any { return c.UploadTimeout }, 90 * time.Second},
		{"upload_timeout=2H", func(c conf.Config) any { return c.UploadTimeout }, 2 * time.Hour},
		{"upload_timeout=1d", func(c conf.Config) any { return c.UploadTimeout }, 24 * time.Hour},
		{"json_date_key=OFF", func(c conf.Config) any { return c.JSONDateKey }, ""},
		{"json_date_key=true", func(c conf.Config) any { return c.JSONDateKey }, "true"},
		{"json_date_format=epoch_millis", func(c conf.Config) any { return c.JSONDateFormat }, "epoch_ms"},
		{"compression=GZIP", func(c conf.Config) any { return c.Compression }, "gzip"},
		{"use_put_object=yes", func(c conf.Config) any { return c.PutObject }, true},
		{"total_file_size=10485759", func(c conf.Config) any { return c.PutObject }, true},
		{"endpoint=minio:9000", func(c conf.Config) any { return c.Endpoint }, "https://minio:9000"},
		{"endpoint=http://127.0.0.1:9000/", func(c conf.Config) any { return c.Endpoint }, "http://127.0.0.1:9000"},
		{"upload_retry_limit=no_retries", func(c conf.Config) any { return c.RetryLimit }, 0},
		{"store_compression=S2", func(c conf.Config) any { return c.StoreCompression }, "s2"},
		{"pprof_listen=[::1]:6060", func(c conf.Config) any { return c.PprofListen }, "[::1]:6060"},
		{"upload_retry_limit=7", func(c conf.Config) any { return c.RetryLimit }, 7},
		{"retry_exhausted_action=delete", func(c conf.Config) any { return c.DropExhausted }, true},
		{"format=json", func(c conf.Config) any { return len(c.Warnings) }, 1},
		{"store_dir_limit_size=50M", func(c conf.Config) any { return len(c.Warnings) }, 1}, // below total_file_size
	} {
		got, err := conf.Parse(lookup("bucket=b", c.setting), conf.Checks{})
		if err != nil || c.get(got) != c.want {
			t.Errorf("%s: %v, %v, want %v", c.setting, c.get(got), err, c.want)
		}
	}
}

// Each mistake names the property, the value and what to do.
func TestMistakes(t *testing.T) {
	for settings, want := range map[string]string{
		"bucket=":                                  "bucket is required: set it to the name",
		"total_file_size=5Q":                       `total_file_size "5Q" is not a valid size: write bytes, or`,
		"total_file_size=999K":                     `total_file_size "999K" is out of range: 1000000 to 50000000000`,
		"total_file_size=-5":                       `total_file_size "-5" is not a valid size`,
		"pprof_listen=6060":                        `pprof_listen "6060" is not a valid address: write 127.0.0.1:6060`,
		"pprof_listen=0.0.0.0:6060":                `pprof_listen "0.0.0.0:6060" is not on loopback: write`,
		"store_compression=gzip":                   `store_compression "gzip" is not known: use none or s2`,
		"upload_timeout=500ms":                     `upload_timeout "500ms" is not a valid time: write seconds`,
		"upload_timeout=0":                         `upload_timeout "0" is too short: at least 1s`,
		"upload_chunk_size=5M":                     "upload_chunk_size 5000000 is out of range: 5242880 to 50000000",
		"upload_chunk_size=60M total_file_size=1G": "upload_chunk_size 60000000 is out of range",
		"upload_chunk_size=6M total_file_size=11M": "total_file_size 11000000 is less than twice upload_chunk_size",
		"use_put_object=on total_file_size=2G":     "total_file_size 2000000000 is more than PutObject takes",
		"use_put_object=maybe":                     `use_put_object "maybe" is neither true`,
		"format=parquet":                           `format "parquet" is not supported yet`,
		"format=xml":                               `format "xml" is not known: use json_lines`,
		"compression=parquet":                      `compression "parquet" is not supported yet`,
		"compression=lz4":                          `compression "lz4" is not known: use none, gzip, zstd or snappy`,
		"compression_level=3":                      "compression_level 3 has no effect with compression none",
		"compression=gzip compression_level=10":    "compression_level 10 is out of range for gzip: 1 to 9",
		"json_date_format=rfc":                     `json_date_format "rfc" is not known`,
		"endpoint=http://h/path":                   `endpoint "http://h/path" is not a valid endpoint`,
		"role_arn=admin":                           `role_arn "admin" is not the ARN of a role`,
		"external_id=x":                            `external_id "x" needs role_arn`,
		"part_size=10M":                            `part_size "10M" is not supported yet (uploading blobs)`,
		"authorization_endpoint_password=hunter2":  `authorization_endpoint_password "***" is not supported yet`,
		"upload_workers=0":                         `upload_workers "0" is out of range: a whole number from 1 to 64`,
		"upload_retry_limit=-1":                    `upload_retry_limit "-1" is neither`,
		"s3_key_format=bad":                        `s3_key_format "bad" does not please`,
	} {
		properties := append(strings.Fields(settings), "bucket=b")
		_, err := conf.Parse(lookup(properties...), conf.Checks{KeyFormat: func(format, _ string) error {
			if format == "bad" {
				return errors.New("does not please")
			}
			return nil
		}})
		var mistakes conf.Mistakes
		if !errors.As(err, &mistakes) || len(mistakes) != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one mistake with %q", settings, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the secret is in %q", settings, err)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := conf.Parse(lookup("total_file_size=x", "upload_timeout=y", "compression=z"), conf.Checks{})
	const want = `4 configuration mistakes: compression "z" is not known: use none, gzip, zstd or snappy; ` +
		`total_file_size "x"`
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "bucket is required") {
		t.Errorf("Parse = %v\nwant %s…", err, want)
	}
}

func TestCheckNames(t *testing.T) {
	good := []string{"Name", "Match", "bucket", "Total_File_Size", "tls", "tls.verify", "net.keepalive",
		"storage.total_limit_size", "workers", "retry_limit"}
	if mistakes := conf.CheckNames(good); len(mistakes) > 0 {
		t.Errorf("CheckNames of good names = %v", mistakes)
	}
	for name, want := range map[string]string{
		"bukcet": "did you mean bucket?", "total_filesize": "did you mean total_file_size?",
		"s3_key_fromat": "did you mean s3_key_format?", "zzzzzz": "is not known",
	} {
		if got := conf.CheckNames([]string{name}); len(got) != 1 || !strings.HasSuffix(got[0].Problem, want) {
			t.Errorf("CheckNames(%s) = %v, want %q", name, got, want)
		}
	}
}

func TestMisspelt(t *testing.T) {
	if got := conf.Misspelt(lookup("bucket=b", "part_size=1", "format=json", "tls=on")); len(got) > 0 {
		t.Errorf("Misspelt of good names = %v", got)
	}
	for _, slip := range []string{"bukcet", "buket", "buckket", "total-file-size", "totalfilesize", "key_format",
		"s3_bucket", "storage_clas"} {
		if got := conf.Misspelt(lookup(slip + "=x")); len(got) == 0 ||
			!strings.Contains(got[0].Problem, "did you mean") {
			t.Errorf("Misspelt(%s) = %v", slip, got)
		}
	}
}

func TestPropertiesAreComplete(t *testing.T) {
	// plugins/out_s3/s3.c:4453, v5.1.1
	builtin := strings.Fields(`
		format json_date_format json_date_key total_file_size upload_chunk_size upload_timeout bucket region
		role_arn endpoint sts_endpoint canned_acl compression content_type
		store_dir store_dir_limit_size quarantine_dir_limit_size s3_key_format s3_key_format_tag_delimiters
		auto_retry_requests use_put_object send_content_md5 preserve_data_ordering retry_exhausted_action log_key
		external_id static_file_path storage_class profile blob_database_file part_size
		file_delivery_attempt_limit part_delivery_attempt_limit upload_parts_timeout upload_part_freshness_limit
		authorization_endpoint_url authorization_endpoint_username authorization_endpoint_password
		authorization_endpoint_bearer_token`)
	have := map[string]bool{}
	for _, p := range conf.Properties() {
		if have[p.Name] || p.Description == "" {
			t.Errorf("%s is there twice, or has no description", p.Name)
		}
		have[p.Name] = true
	}
	for _, name := range builtin {
		if !have[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestEndpoints: what the environment names is used where no property is set, and its mistakes count.
func TestEndpoints(t *testing.T) {
	urls := map[string]string{"sts": "http://a:1", "s3": "http://b:2"}
	checks := conf.Checks{Endpoint: func(_ conf.Config, service string) (string, string) {
		return urls[service], "the variable of " + service
	}}
	if got, err := conf.Parse(lookup("bucket=b"), checks); err != nil || got.Endpoint != "http://b:2" ||
		got.STSEndpoint != "http://a:1" {
		t.Errorf("endpoints %q and %q, %v, want each service's own", got.Endpoint, got.STSEndpoint, err)
	}
	if got, err := conf.Parse(lookup("bucket=b", "endpoint=http://c:3"), checks); err != nil ||
		got.Endpoint != "http://c:3" {
		t.Errorf("endpoint %q, %v, want the property's", got.Endpoint, err)
	}
	urls["s3"], checks.Target = "http://b:2/path", true
	const want = `configuration mistake: the variable of s3 "http://b:2/path" is not a valid endpoint: ` +
		`write http://host:port or https://host:port`
	if _, err := conf.Parse(lookup("bucket=b"), checks); err == nil || err.Error() != want {
		t.Errorf("a bad endpoint: %v, want %s, and nothing about the bucket at Amazon's", err, want)
	}
}

// TestDestination: what "sluice spool push" needs is recorded with the data, and nothing else.
func TestDestination(t *testing.T) {
	c, err := conf.Parse(lookup("bucket=b", "endpoint=http://h:1", "canned_acl=private", "storage_class=STANDARD_IA",
		"content_type=text/plain", "send_content_md5=on", "role_arn=arn:aws:iam::1:role/r", "ca_file=/ca.pem"),
		conf.Checks{})
	want := map[string]string{
		"region":           "us-east-1",
		"endpoint":         "http://h:1",
		"canned_acl":       "private",
		"storage_class":    "STANDARD_IA",
		"content_type":     "text/plain",
		"send_content_md5": "true",
	}
	if got := c.Destination(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Destination = %v, %v, want %v", got, err, want)
	}
	if c, err = conf.Parse(lookup("bucket=b"), conf.Checks{}); err != nil || len(c.Destination()) != 1 {
		t.Errorf("without settings: Destination = %v, %v, want the region alone", c.Destination(), err)
	}
}
