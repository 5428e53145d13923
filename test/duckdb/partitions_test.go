// Package duckdb reads what Fluent Bit has written with a query engine.
package duckdb

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"sluice/test/testenv"
)

// How many records there are, and over how many namespaces and days; one in 100 is late, one in 1,000 ahead.
const (
	records    = 1_000_000
	namespaces = 40
	days       = 3
)

// line returns a record. kind says where its time is: within the days, late, or ahead.
func line(n int, now time.Time) string {
	kind, at := "own", now.Add(-time.Duration(n*7919%(days*86_400_000))*time.Millisecond)
	switch {
	case n%1000 == 999:
		kind, at = "ahead", now.Add(2*time.Hour+time.Duration(n)*time.Millisecond)
	case n%100 == 50:
		kind, at = "late", now.Add(-10*24*time.Hour-time.Duration(n)*time.Millisecond)
	}
	return fmt.Sprintf(`{"n":%d,"t":"%s","kind":"%s","k":{"ns":"team-%d/x"},"log":"GET /v1/orders/%d 200 12ms"}`+"\n",
		n, at.UTC().Format("2006-01-02T15:04:05.000Z"), kind, n*31%namespaces, n)
}

// TestPartitions ships a million records through Fluent Bit, each under its own namespace and day, and has DuckDB
// compare the partitions with the records.
func TestPartitions(t *testing.T) {
	program, err := testenv.FindFluentBit()
	if err != nil {
		t.Skip("there is no Fluent Bit")
	}
	plugin, err := testenv.FindPlugin()
	if err != nil {
		t.Skip("the plugin has not been built")
	}
	store := t.TempDir()
	server, err := testenv.StartS3(testenv.S3Config{Dir: store})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, workers := range []string{"0", "4"} {
		t.Run("workers "+workers, func(t *testing.T) {
			bucket := "logs-" + workers
			if err := server.Bucket(bucket).Create(t.Context()); err != nil {
				t.Fatal(err)
			}
			began := time.Now().UTC()
			ship(t, program, plugin, server.Endpoint, bucket, workers)
			folder := filepath.Join(store, bucket)
			compare(t, folder, began)
			inOrder(t, folder)
		})
	}
}

// ship has Fluent Bit ship all records, and stops it when they are stored.
func ship(t *testing.T, program, plugin, endpoint, bucket, workers string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "input.log"))
	monitor, err := testenv.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(monitor, ":")
	files := map[string]string{
		"parsers.conf": "[PARSER]\n    name json\n    format json\n    time_key t\n" +
			"    time_format %Y-%m-%dT%H:%M:%S.%LZ\n    time_keep on\n",
		"fluent-bit.conf": `[SERVICE]
    flush        0.5
    grace        30
    parsers_file ` + dir + `/parsers.conf
    http_server  on
    http_listen  ` + host + `
    http_port    ` + port + `
[INPUT]
    name           tail
    path           ` + dir + `/input.log
    tag            app
    parser         json
    read_from_head on
[OUTPUT]
    name           sluice
    match          *
    workers        ` + workers + `
    retry_limit    no_limits
    bucket         ` + bucket + `
    endpoint       ` + endpoint + `
    store_dir      ` + dir + `/spool
    compression    gzip
    upload_timeout 15s
    s3_key_format  /logs/ns=$k['ns']/dt=%Y-%m-%d/$INDEX[%08d].json.gz
    key_time       record
`}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := testenv.OwnerKeys()
	p, err := testenv.Start(testenv.Command{
		Path: program, Args: []string{"-e", plugin, "-c", filepath.Join(dir, "fluent-bit.conf")}, Dir: dir,
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey},
		Log: filepath.Join(dir, "fluent-bit.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	stored := 0
	if err := testenv.Wait(ctx, p.Done(), func() bool {
		stored = counter(monitor, "records_total", "")
		return stored >= records
	}); err != nil {
		t.Fatalf("%d of %d records are stored: %v\n%s", stored, records, err, p.LogEnd())
	}
	for reason, want := range map[string]int{"late": records / 100, "future": records / 1000, "streams": 0} {
		if got := counter(monitor, "overflow_records_total", `reason="`+reason+`"`); got != want {
			t.Errorf("%d records count as %s, want %d", got, reason, want)
		}
	}
	if err := p.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, now := bufio.NewWriterSize(file, 1<<20), time.Now()
	for n := range records {
		_, _ = w.WriteString(line(n, now)) // Flush returns the error
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// counter reads a metric of the output, 0 if it is not there.
func counter(monitor, name, label string) int {
	resp, err := http.Get("http://" + monitor + "/api/v2/metrics/prometheus")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	pattern := regexp.MustCompile(`(?m)^fluentbit_output_sluice_` + name + `\{[^}]*` + label + `[^}]*\} ([0-9.e+]+)`)
	m := pattern.FindSubmatch(text)
	if m == nil {
		return 0
	}
	f, _ := strconv.ParseFloat(string(m[1]), 64)
	return int(f)
}

// compare has DuckDB read all objects with their partitions.
func compare(t *testing.T, folder string, began time.Time) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	arrival := []string{began.Format(time.DateOnly), time.Now().UTC().Format(time.DateOnly)}
	row := db.QueryRowContext(t.Context(), `
		SELECT count(*), count(DISTINCT n), min(n), max(n), count(DISTINCT ns),
			count(*) FILTER (url_decode(ns) <> k.ns),
			count(*) FILTER (kind = 'own' AND dt <> strftime(t, '%Y-%m-%d')),
			count(*) FILTER (kind <> 'own' AND dt NOT IN (?, ?)),
			count(*) FILTER ("date" <> t)
		FROM read_json('`+folder+`/logs/**/*.gz', format = 'newline_delimited', hive_partitioning = true,
			hive_types = {'ns': VARCHAR, 'dt': VARCHAR},
			columns = {'date': 'TIMESTAMP', n: 'BIGINT', t: 'TIMESTAMP', kind: 'VARCHAR', k: 'STRUCT(ns VARCHAR)'})`,
		arrival[0], arrival[1])
	var got [9]int
	if err := row.Scan(&got[0], &got[1], &got[2], &got[3], &got[4], &got[5], &got[6], &got[7], &got[8]); err != nil {
		t.Fatal(err)
	}
	if want := [9]int{records, records, 0, records - 1, namespaces}; got != want {
		t.Errorf("records, distinct, least, most, namespaces, and wrong namespace, day, day of arrival, time are %v, "+
			"want %v", got, want)
	}
}

// inOrder wants the records of each partition in the order in which they came, object by object.
func inOrder(t *testing.T, folder string) {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(folder, "logs", "*", "*", "*.gz"))
	if err != nil || len(objects) == 0 {
		t.Fatal(objects, err)
	}
	slices.Sort(objects)
	partition, last := "", -1
	for _, path := range objects {
		if filepath.Dir(path) != partition {
			partition, last = filepath.Dir(path), -1
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(text); ; {
			var r struct{ N int }
			if err := d.Decode(&r); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if r.N <= last {
				t.Fatalf("%s has record %d behind %d", path, r.N, last)
			}
			last = r.N
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
