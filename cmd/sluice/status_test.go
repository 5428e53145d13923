package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/output/status"
)

// A folder that no process has open tells what waits in it, and what to do.
func TestStatusOfFolder(t *testing.T) {
	dir := newSpoolDir(t)
	example{
		name: "segments wait", args: []string{"status", "DIR/store"}, code: exitFailed,
		stdout: []string{
			`^out: FAILING$`,
			`remedy +start Fluent Bit, or run sluice spool push DIR/store/out$`,
			`error +no process has this spool open$`,
			`bucket +logs$`,
			`waiting +2 segments, [0-9.]+ k?B, the oldest for [0-9hms]+$`,
		},
		stderr: []string{"something is wrong with 1 of 1 outputs"},
	}.check(t, dir)
}

// A running output answers for itself.
func TestStatusOfProcess(t *testing.T) {
	dir := newSpoolDir(t)
	said := status.Status{Output: "logs", Running: true, Process: 7, OK: true, CredentialsExpiry: status.Never,
		CredentialsSource: "environment", Uploads: []status.Upload{{Key: "app/k.gz", Bytes: 2e6, Done: 1e6}}}
	listener, err := status.Listen(filepath.Join(dir, "store", "out"), func() status.Status { return said })
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	example{
		name: "it runs", args: []string{"status", "DIR/store"},
		stdout: []string{"^logs: ok$", `uploading +app/k.gz: 50 % of 2 MB$`, "environment, do not expire$"},
	}.check(t, dir)
	r := sluice(t.Context(), vars{}, "status", "--json", dir+"/store")
	var got status.Status
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.code != exitDone || got.Process != 7 {
		t.Errorf("%v, %+v", err, r)
	}
	for _, folder := range runningFolders() {
		if folder == filepath.Join(dir, "store", "out") {
			return
		}
	}
	if len(dir) < 80 { // a longer path of a socket is not in the table
		t.Errorf("%s is not among the running outputs: %v", dir, runningFolders())
	}
}

func TestStatusWithoutSpool(t *testing.T) {
	example{
		name: "no spool", args: []string{"status", "DIR"}, code: exitFailed, stderr: []string{"DIR is not a spool"},
	}.check(t, t.TempDir())
}

func TestHumanBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 1234: "1.23 kB", 999_400: "999 kB", 999_600: "1 MB",
		100_000_000: "100 MB", 1_500_000_000_000: "1.5 TB",
	} {
		if got := humanBytes(n); got != want {
			t.Errorf("humanBytes(%d) = %q, want %q", n, got, want)
		}
	}
}

// Each state and each figure has words.
func TestWriteStatus(t *testing.T) {
	now := time.Date(2026, 11, 29, 15, 0, 0, 0, time.Local)
	var out strings.Builder
	err := writeStatus(&out, status.Status{
		Output: "logs", Dir: "/d", Running: true, Bucket: "b", Since: now.Add(-90 * time.Second),
		LastError: "e", Remedy: "r",
		Segments: 3, SpoolBytes: 5e6, SpoolLimit: 1e9, OldestUnsent: 61, UploadTimeout: 60, QuarantineBytes: 10,
		CredentialsSource: "container", CredentialsExpiry: 3600, SentPerSecond: 1e6, LastStored: now.Add(-time.Minute),
		Objects: map[string]int64{"ok": 2}, StoredBytes: 7e6, Records: 9,
	}, now)
	want := fmt.Sprintf(`logs: FAILING since %s (1m30s)
  remedy       r
  error        e
  folder       /d
  bucket       b
  waiting      3 segments, 5 MB of 1 GB, the oldest for 1m1s (upload_timeout 1m0s)
  sending      1 MB/s
  stored       2 objects, 7 MB, 9 records; the last one 1m0s ago
  credentials  container, expire in 1h0m0s
  quarantine   10 B; see sluice spool ls /d
`, now.Add(-90*time.Second).Format(time.DateTime))
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
