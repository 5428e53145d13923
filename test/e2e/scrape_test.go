package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// ours is the prefix of the plugin's metrics.
const ours = "fluentbit_output_sluice_"

// scrape returns Fluent Bit's metrics: values by name and labels as they are written. It
// returns nil while Fluent Bit does not answer, which it does not during a reload.
func (f fluentBit) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	resp, err := get("http://" + f.monitor + "/api/v2/metrics/prometheus")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	values := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Errorf("a metric that cannot be parsed: %s", line)
		}
		if _, twice := values[line[:at]]; twice {
			t.Errorf("a metric that is there twice: %s", line)
		}
		values[line[:at]] = value
	}
	return values
}

// metric returns one of the plugin's metrics of the first output.
func metric(values map[string]float64, name, labels string) float64 {
	if labels != "" {
		labels = "," + labels
	}
	return values[ours+name+`{name="sluice.0"`+labels+"}"]
}

// TestScrapesUnderLoad reads the metrics 200 times while lines are shipped and Fluent Bit reloads,
// and then stops it. What they say in the end is what is in the bucket.
func TestScrapesUnderLoad(t *testing.T) {
	needWorld(t)
	needVersion(t, firstThatReloads, "a reload under load may never end")
	t.Parallel()
	bucket := newBucket(t)
	p := newPipeline(t, bucket, testenv.Orders(0), testenv.Access(0))
	p.reloads, p.workers = true, 0
	p.output = append(p.output, testenv.Property{Name: "upload_timeout", Value: "1s"})
	load := startLoad(p.dir, p.streams...)
	f := p.start(t)
	f.until(t, "Fluent Bit runs", f.listens)
	const scrapes, reloads = 200, 5
	before := map[string]float64{}
	for n := range scrapes {
		if n%(scrapes/(reloads+1)) == 1 && n > 1 {
			f.reload(t)
			f.until(t, "it has reloaded", func() bool { return f.reloads() >= n/(scrapes/(reloads+1)) })
			before = map[string]float64{}
		}
		var now map[string]float64
		f.until(t, "there are metrics", func() bool { now = f.scrape(t); return len(now) > 0 })
		for name, value := range now {
			if strings.HasPrefix(name, ours) && strings.Contains(name, "_total") && value < before[name] {
				t.Errorf("scrape %d: %s fell from %v to %v", n, name, before[name], value)
			}
		}
		before = now
	}
	lines := load.end(t)
	f.until(t, "all lines are there", func() bool { return count(t, bucket, lines...).Complete() })
	var wrong []string
	defer func() {
		if t.Failed() {
			t.Log(wrong)
		}
	}()
	f.until(t, "the metrics say what is in the bucket", func() bool { // they are set once a second
		log := f.Log()
		wrong = storedIn(t, bucket, log[strings.LastIndex(log, "total_file_size="):]).differs(f.scrape(t))
		return len(wrong) == 0
	})
	f.stop(t)
	wantOnce(t, count(t, bucket, lines...))
}

var storedLine = regexp.MustCompile(`stored object key=(\S+) bytes=(\d+) records=(\d+)`)

// stored is what was stored since a start.
type stored struct{ objects, bytes, records int64 }

// storedIn sums up what a log says, and compares it with the bucket.
func storedIn(t *testing.T, bucket testenv.Bucket, log string) (all stored) {
	t.Helper()
	there, err := bucket.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	for _, o := range there {
		sizes[o.Key] = o.Size
	}
	for _, m := range storedLine.FindAllStringSubmatch(log, -1) {
		if size := fmt.Sprint(sizes[m[1]]); size != m[2] {
			t.Errorf("object %s has %s bytes, the log says %s", m[1], size, m[2])
		}
		n, _ := strconv.ParseInt(m[3], 10, 64)
		all = stored{all.objects + 1, all.bytes + sizes[m[1]], all.records + n}
	}
	return all
}

// differs returns which metrics say something else.
func (s stored) differs(values map[string]float64) (wrong []string) {
	if s.objects == 0 {
		wrong = append(wrong, "nothing was stored")
	}
	for _, c := range []struct {
		name string
		got  float64
		want int64
	}{
		{"segments", metric(values, "segments", ""), 0},
		{"healthy", metric(values, "healthy", ""), 1},
		{"objects_total", metric(values, "objects_total", `result="ok"`), s.objects},
		{"stored_bytes_total", metric(values, "stored_bytes_total", ""), s.bytes},
		{"records_total", metric(values, "records_total", ""), s.records},
		{"requests_total", metric(values, "requests_total", `operation="PutObject",class="ok"`), s.objects},
		{"object_bytes_sum", metric(values, "object_bytes_sum", ""), s.bytes},
		{"upload_seconds_count", metric(values, "upload_seconds_count", ""), s.objects},
		{"deferred_chunks_total", metric(values, "deferred_chunks_total", `reason="error"`), 0},
	} {
		if int64(c.got) != c.want {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want %d", c.name, c.got, c.want))
		}
	}
	return wrong
}
