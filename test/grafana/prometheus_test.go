package grafana

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestMetrics: the running plugin has every metric that the dashboard and the alerts need, and the page has a row for
// each that it has.
func TestMetrics(t *testing.T) {
	found := map[string]bool{}
	for _, line := range strings.Split(scrape(startFluentBit(t)), "\n") {
		if name := metric.FindString(line); name != "" && !strings.HasPrefix(line, "#") {
			found[histogramPart.ReplaceAllString(name, "")] = true
		}
	}
	for name := range used(t) {
		if !found[name] {
			t.Errorf("the plugin has no metric %s", name)
		}
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("\n\\| `(\\w+)` \\| (gauge|counter|histogram)").FindAllStringSubmatch(
		read(t, docsFile), -1) {
		documented[row[1]] = true
		if !found[prefix+row[1]] {
			t.Errorf("%s describes %s, which the plugin does not have", docsFile, row[1])
		}
	}
	for name := range found {
		if short, ours := strings.CutPrefix(name, prefix); ours && !documented[short] {
			t.Errorf("%s does not describe %s", docsFile, short)
		}
	}
}

// TestAlerts: a real Prometheus beside the real plugin fires for each output what is wrong with it, and nothing for one
// that is well. Each alert fires without delay here; testdata/alerts_test.yaml holds the delays.
func TestAlerts(t *testing.T) {
	want := []string{
		"SluiceChunksDeferred full",
		"SluiceDenied denied",
		"SluiceKeyEnds ending",
		"SluiceLag away", "SluiceLag denied", "SluiceLag full",
		"SluiceOutage away", "SluiceOutage denied", "SluiceOutage full",
		"SluiceQuarantine damaged",
		"SluiceSpoolFilling full",
	}
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skipf("prometheus is not installed: %v", err)
	}
	monitor := startFluentBit(t)
	p, address := startPrometheus(t, program, monitor)
	var got []alert
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("firing: %v", names(got))
		}
	})
	until(t, p, "what is wrong is known", func() bool {
		got = firing(address)
		return slices.Equal(names(got), want)
	})
	for _, a := range got {
		for _, text := range a.Annotations {
			if text == "" || strings.Contains(text, "error") || strings.Contains(text, "{{") {
				t.Errorf("%s says %q", a.Labels["alertname"], text)
			}
		}
		if !strings.HasPrefix(a.Annotations["summary"], a.Labels["name"]+": ") {
			t.Errorf("%s of %s is summed up as %q", a.Labels["alertname"], a.Labels["name"], a.Annotations["summary"])
		}
	}
}

// alert is one that Prometheus knows.
type alert struct {
	Labels, Annotations map[string]string
	State               string
}

func names(all []alert) []string {
	unique := map[string]bool{}
	for _, a := range all {
		unique[a.Labels["alertname"]+" "+a.Labels["name"]] = true
	}
	return slices.Sorted(maps.Keys(unique))
}

// firing returns the alerts that fire at present.
func firing(address string) []alert {
	var answer struct{ Data struct{ Alerts []alert } }
	if json.Unmarshal([]byte(get("http://"+address+"/api/v1/alerts")), &answer) != nil {
		return nil // it is not listening yet
	}
	return slices.DeleteFunc(answer.Data.Alerts, func(a alert) bool { return a.State != "firing" })
}

// startPrometheus scrapes Fluent Bit and evaluates our alerts each second.
func startPrometheus(t *testing.T, program, monitor string) (p *testenv.Process, address string) {
	t.Helper()
	address, err := testenv.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "alerts.yaml", regexp.MustCompile(`\bfor: \w+`).ReplaceAllString(read(t, alertsFile), "for: 0s"))
	write(t, dir, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: fluent-bit
    metrics_path: /api/v2/metrics/prometheus
    static_configs: [{targets: ["%s"]}]
`, monitor))
	p, err = testenv.Start(testenv.Command{
		Path: program,
		Args: []string{
			"--config.file=" + filepath.Join(dir, "prometheus.yml"),
			"--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + address,
		},
		Dir: dir,
		Log: filepath.Join(dir, "prometheus.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("Prometheus's log:\n%s", p.LogEnd())
		}
	})
	return p, address
}
