package output

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"sluice/output/encode"
	"sluice/output/encode/compress"
	"sluice/output/encode/jsonl"
)

// update rewrites the golden file: segments of earlier versions must still be read.
var update = flag.Bool("update", false, "write the golden file of the format")

// TestGoldenMeta: what a segment says of its object is what it was, and what was written before is read.
func TestGoldenMeta(t *testing.T) {
	index := uint64(7)
	m := meta{
		Bucket: "logs", Key: "app/2026/7.gz", Index: &index, ID: "an ID",
		Encoding: encode.Options{Options: jsonl.Options{DateKey: "date", DateFormat: jsonl.Epoch, EscapeUnicode: true,
			LogKey: "log"}, Compression: compress.Gzip, Level: 5},
		Settings: map[string]string{"region": "eu-central-1", "storage_class": "GLACIER"},
	}
	now, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "meta.golden.json")
	if *update {
		if err := os.WriteFile(path, append(now, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(now)+"\n" {
		t.Errorf("what is written now is\n%s\nand was\n%s", now, before)
	}
	if read, err := parseMeta(before); err != nil || !reflect.DeepEqual(read, m) {
		t.Errorf("read %+v, %v", read, err)
	}
}
