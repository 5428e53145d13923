package grafana

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/output/s3test"
	"sluice/test/testenv"
)

// patience is how long a wait may take.
const patience = 90 * time.Second

// outputs are those of one Fluent Bit, by alias, with what is special about each. All take what one input makes.
func outputs(s3 string) map[string][]testenv.Property {
	const nowhere = "http://127.0.0.1:1"
	type property = testenv.Property
	slow, fast := property{Name: "upload_timeout", Value: "5s"}, property{Name: "upload_timeout", Value: "1s"}
	at := func(endpoint string) property { return property{Name: "endpoint", Value: endpoint} }
	return map[string][]testenv.Property{
		"good":    {slow, at(s3)},
		"damaged": {slow, at(s3)}, // has something in its quarantine
		"ending":  {slow, at(s3), {Name: "profile", Value: "ending"}},
		"denied":  {fast, at(s3)}, // S3 denies everything in the bucket denied
		"away":    {fast, at(nowhere)},
		"full":    {fast, at(nowhere), {Name: "store_dir_limit_size", Value: "20K"}},
	}
}

// startFluentBit runs the real plugin in the real Fluent Bit, and returns the address of its metrics.
func startFluentBit(t *testing.T) (monitor string) {
	t.Helper()
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skipf("there is no Fluent Bit here: %v", err)
	}
	plugin, err := testenv.FindPlugin()
	if err != nil {
		t.Skipf("the plugin has not been built: %v", err)
	}
	if monitor, err = testenv.FreeAddr(); err != nil {
		t.Fatal(err)
	}
	dir, s3 := t.TempDir(), s3test.Start(t)
	s3.SetFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/denied") {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
		return true
	})
	write(t, dir, "store/damaged/quarantine/0000000000000001.segment", "nothing of it can be read")
	write(t, dir, "fluent-bit.conf", configuration(monitor, dir, s3.URL))
	p, err := testenv.Start(testenv.Command{
		Path: program,
		Args: []string{"-e", plugin, "-c", filepath.Join(dir, "fluent-bit.conf")},
		Dir:  dir,
		Log:  filepath.Join(dir, "fluent-bit.log"),
		Env:  environment(t, dir),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("Fluent Bit's log:\n%s", p.LogEnd())
		}
	})
	until(t, p, "Fluent Bit has metrics", func() bool { return strings.Contains(scrape(monitor), prefix) })
	return monitor
}

func configuration(monitor, dir, s3 string) string {
	var b strings.Builder
	host, port, _ := net.SplitHostPort(monitor)
	testenv.Section(&b, "SERVICE", []testenv.Property{
		{Name: "flush", Value: "0.5"}, {Name: "grace", Value: "1"},
		{Name: "http_server", Value: "on"}, {Name: "http_listen", Value: host}, {Name: "http_port", Value: port},
	})
	testenv.Section(&b, "INPUT", []testenv.Property{{Name: "name", Value: "dummy"}, {Name: "rate", Value: "10"}})
	for alias, more := range outputs(s3) {
		testenv.Section(&b, "OUTPUT", append([]testenv.Property{
			{Name: "name", Value: "sluice"}, {Name: "alias", Value: alias}, {Name: "match", Value: "*"},
			{Name: "bucket", Value: alias}, {Name: "store_dir", Value: filepath.Join(dir, "store")},
			{Name: "retry_limit", Value: "no_limits"},
		}, more...))
	}
	return b.String()
}

// environment has the example's keys, and a profile whose key ends in four minutes.
func environment(t *testing.T, dir string) []string {
	t.Helper()
	keys := testenv.OwnerKeys()
	write(t, dir, "key.json", fmt.Sprintf(`{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","Expiration":"%s"}`,
		keys.AccessKeyID, keys.SecretAccessKey, time.Now().Add(4*time.Minute).UTC().Format(time.RFC3339)))
	write(t, dir, "config", "[profile ending]\ncredential_process = cat "+filepath.Join(dir, "key.json")+"\n")
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AWS_CONFIG_FILE=" + filepath.Join(dir, "config"),
		"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
	}
}

// write writes a file in dir, which may be in folders.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition while a process lives.
func until(t *testing.T, p *testenv.Process, what string, ready func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := testenv.Wait(ctx, p.Done(), ready); err != nil {
		t.Fatalf("wait until %s: %v", what, err)
	}
}

// scrape returns Fluent Bit's metrics as Prometheus reads them, "" while there are none.
func scrape(monitor string) string { return get("http://" + monitor + "/api/v2/metrics/prometheus") }

// get returns what is at a URL, "" if there is no good answer.
func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}
