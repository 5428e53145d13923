package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// properties are those of the built-in s3 output, with their defaults where it has any
// (plugins/out_s3/s3.c, config_map).
var properties = []struct{ name, value string }{
	{"format", "json_lines"}, {"json_date_format", ""}, {"json_date_key", "date"}, {"total_file_size", "100000000"},
	{"upload_chunk_size", "5242880"}, {"upload_timeout", "10m"}, {"bucket", ""}, {"region", "us-east-1"},
	{"role_arn", ""},
	{"endpoint", ""}, {"sts_endpoint", ""}, {"canned_acl", ""}, {"compression", ""}, {"content_type", ""},
	{"store_dir", "/tmp/fluent-bit/s3"}, {"store_dir_limit_size", ""}, {"quarantine_dir_limit_size", ""},
	{"s3_key_format", "/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S"}, {"s3_key_format_tag_delimiters", "."},
	{"auto_retry_requests", "true"}, {"use_put_object", "false"}, {"send_content_md5", "false"},
	{"preserve_data_ordering", "true"}, {"retry_exhausted_action", ""}, {"log_key", ""}, {"external_id", ""},
	{"static_file_path", "false"}, {"storage_class", ""}, {"profile", ""}, {"blob_database_file", ""},
	{"part_size", ""},
	{"file_delivery_attempt_limit", ""}, {"part_delivery_attempt_limit", ""}, {"upload_parts_timeout", ""},
	{"upload_part_freshness_limit", ""}, {"authorization_endpoint_url", ""}, {"authorization_endpoint_username", ""},
	{"authorization_endpoint_password", ""}, {"authorization_endpoint_bearer_token", ""},
}

func TestHelpListsEveryProperty(t *testing.T) {
	needWorld(t)
	needVersion(t, testenv.Version{5, 0, 0}, "-h does not list the properties of Go plugins")
	t.Parallel()
	log, err := finish(t, "-o", world.output, "-h")
	if err != nil {
		t.Fatalf("fluent-bit -o %s -h: %v", world.output, err)
	}
	for _, p := range properties {
		text, found := helpOf(log, p.name)
		if !found {
			t.Errorf("the help does not list %s", p.name)
		}
		if p.value != "" && !strings.Contains(text, "default: "+p.value) {
			t.Errorf("the help of %s: got %q, want its default %s", p.name, text, p.value)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
}

// helpOf is what the help says of one property: from its line to the next property's.
func helpOf(help, name string) (string, bool) {
	var text strings.Builder
	for line := range strings.Lines(help) {
		word, _, _ := strings.Cut(line, " ")
		if word != "" && text.Len() > 0 {
			break
		}
		if word == name || text.Len() > 0 {
			text.WriteString(line)
		}
	}
	return text.String(), text.Len() > 0
}

func TestBadConfigurationStopsTheStart(t *testing.T) {
	needWorld(t)
	t.Parallel()
	for _, test := range []struct {
		name, property, value string
		want                  []string // all in one line of the log
	}{
		{"misspelt property", "bukcet", "logs", []string{"unknown configuration property 'bukcet'"}},
		{"unit", "total_file_size", "many", []string{"total_file_size", "many"}},
		{"too small", "total_file_size", "1K", []string{"total_file_size", "1K"}},
		{"codec", "compression", "lzw", []string{"compression", "lzw"}},
		{"key", "s3_key_format", "logs/$TAG", []string{"s3_key_format", "logs/$TAG"}},
		{"boolean", "use_put_object", "perhaps", []string{"use_put_object", "perhaps"}},
		{"date format", "json_date_format", "roman", []string{"json_date_format", "roman"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.property == "bukcet" {
				needVersion(t, testenv.Version{5, 0, 0}, "unknown properties of Go plugins are passed over in silence")
			}
			log, err := finish(t, dummyArgs(t, testenv.Property{Name: test.property, Value: test.value})...)
			if err == nil {
				t.Error("Fluent Bit ended well, want an error")
			}
			if !hasLine(log, test.want) {
				t.Errorf("the log has no line with %q", test.want)
			}
		})
	}
}

func TestMissingBucketStopsTheStart(t *testing.T) {
	needWorld(t)
	t.Parallel()
	log, err := finish(t, "-i", "dummy", "-o", world.output, "-p", "region=us-east-1")
	if err == nil {
		t.Error("Fluent Bit ended well, want an error")
	}
	if !hasLine(log, []string{"bucket"}) {
		t.Error("the log does not name the bucket")
	}
}

func TestDryRun(t *testing.T) {
	needWorld(t)
	t.Parallel()
	log, err := finish(t, append(dummyArgs(t), "--dry-run")...)
	if err != nil || !strings.Contains(log, "configuration test is successful") {
		t.Errorf("--dry-run: %v, want success", err)
	}
}

// TestTLSIsAccepted guards the registration's flags: without them Fluent Bit refuses "tls on", which
// many configurations of the built-in output have.
func TestTLSIsAccepted(t *testing.T) {
	needWorld(t)
	t.Parallel()
	p := newPipeline(t, newBucket(t), testenv.Orders(0))
	p.output = append(p.output, testenv.Property{Name: "tls", Value: "on"},
		testenv.Property{Name: "tls.verify", Value: "off"})
	grow(t, p.dir, p.streams[0], 0, 0)
	f := p.start(t)
	f.until(t, "Fluent Bit runs", f.listens)
	f.stop(t)
}

// TestDaemonIsRefused: in the background the first flush would hang for ever. The parent ends well; the
// child, which has no standard error any more, says why it ends in the log file.
func TestDaemonIsRefused(t *testing.T) {
	needWorld(t)
	t.Parallel()
	log := filepath.Join(t.TempDir(), "fluent-bit.log")
	if _, err := finish(t, append(dummyArgs(t), "-d", "-l", log)...); err != nil {
		t.Fatalf("the parent ends with %v", err)
	}
	ctx, cancel := deadline(t)
	defer cancel()
	said := func() bool {
		text, _ := os.ReadFile(log)
		return hasLine(string(text), []string{"[error] [output:sluice", "daemon on", "--supervisor"})
	}
	if err := testenv.Wait(ctx, nil, said); err != nil {
		text, _ := os.ReadFile(log)
		t.Errorf("the log does not say why the plugin refuses: %v\n%s", err, text)
	}
}

// dummyArgs is a pipeline on the command line that is right but for what is added.
func dummyArgs(t *testing.T, more ...testenv.Property) []string {
	t.Helper()
	args := []string{"-i", "dummy", "-o", world.output, "-m", "*"}
	all := append([]testenv.Property{
		{Name: "bucket", Value: "logs"}, {Name: "endpoint", Value: world.s3.Endpoint},
		{Name: "store_dir", Value: t.TempDir()},
	}, more...)
	for _, p := range all {
		args = append(args, "-p", p.Name+"="+p.Value)
	}
	return args
}

// finish runs Fluent Bit to its end.
func finish(t *testing.T, args ...string) (log string, err error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := launch(t, dir, args...)
	select {
	case <-f.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Fluent Bit does not end")
	}
	err = f.Wait()
	return f.Log(), err
}

func hasLine(log string, words []string) bool {
	for line := range strings.Lines(log) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}
