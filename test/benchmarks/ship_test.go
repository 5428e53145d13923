package benchmarks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"sluice/conf"
	"sluice/creds"
	"sluice/output"
	"sluice/output/encode"
	"sluice/output/encode/jsonl"
	"sluice/test/testenv"
)

// chunks are in the segment that is shipped, each of about 2 MB.
const chunks = 100

// BenchmarkShip ships a segment that a start finds, and says how much CPU that takes for each byte of data: all of
// it, as a multiple of what the transcoder and the codec take alone for the same bytes, and of those and the SHA-256
// of what is sent, which plain HTTP wants signed.
func BenchmarkShip(b *testing.B) {
	data := orders(b)
	for _, name := range []string{"none", "gzip", "zstd", "snappy"} {
		b.Run(name, func(b *testing.B) {
			full := b.TempDir()
			fill(b, full, name, data)
			dir := filepath.Join(b.TempDir(), "spool")
			compress := codec(b, data, name)
			var ship, alone, signed time.Duration
			for b.Loop() {
				if err := os.CopyFS(dir, os.DirFS(full)); err != nil {
					b.Fatal(err)
				}
				ship += cpu(func() { shipAll(b, dir, name) })
				transcoder := cpu(func() {
					for range chunks {
						transcode(b, io.Discard, data)
					}
				})
				alone += transcoder + cpu(func() { compress(io.Discard) })
				signed += transcoder + cpu(func() { compress(sha256.New()) })
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op") // most of it is not what is measured
			b.ReportMetric(ship.Seconds()*1e9/float64(b.N*chunks*len(data)), "cpu-s/GB")
			b.ReportMetric(float64(ship)/float64(alone), "x-alone")
			b.ReportMetric(float64(ship)/float64(signed), "x-signed")
		})
	}
}

// cpu returns what f takes of it, in all threads of the process.
func cpu(f func()) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			panic(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}

func open(b *testing.B, dir, codec string, told func(output.Event)) *output.Output {
	settings := map[string]string{
		"bucket": "b", "endpoint": "http://s3.test", "compression": codec, "upload_timeout": "1d",
		"total_file_size": "1G", "upload_workers": "1",
		"s3_key_format": "/$TAG/$UUID",
	}
	cfg, err := conf.Parse(func(name string) (string, bool) { v, set := settings[name]; return v, set }, conf.Checks{})
	if err != nil {
		b.Fatal(err)
	}
	keys := testenv.OwnerKeys()
	out, err := output.New(output.Options{
		Config: cfg, Dir: dir, Dial: dial, Log: slog.New(slog.DiscardHandler), OnEvent: told,
		Credentials: creds.Static{Credentials: creds.Credentials{AccessKeyID: keys.AccessKeyID,
			SecretAccessKey: keys.SecretAccessKey}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// fill makes a spool with one segment that could not be shipped.
func fill(b *testing.B, dir, codec string, data []byte) {
	out := open(b, dir, codec, nil)
	for range chunks {
		if err := out.Flush("app", data); err != nil {
			b.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := out.Close(gone, 0); err != nil {
		b.Fatal(err)
	}
}

// shipAll ships what is in a spool.
func shipAll(b *testing.B, dir, codec string) {
	var records int64
	out := open(b, dir, codec, func(e output.Event) { records += e.Records })
	if err := out.Close(b.Context(), 0); err != nil {
		b.Fatal(err)
	}
	if records == 0 {
		b.Fatal("nothing was shipped")
	}
}

// codec returns what has a codec, and nothing else, compress the JSON of data for a writer: as the text of one record.
func codec(b *testing.B, data []byte, name string) func(io.Writer) {
	var plain bytes.Buffer
	transcode(b, &plain, data)
	record := append(msgp.AppendMapHeader([]byte{0x92, 5}, 1),
		msgp.AppendBytes(msgp.AppendString(nil, "log"), plain.Bytes())...)
	o := encode.Options{Options: jsonl.Options{LogKey: "log"}}
	if err := o.Compression.UnmarshalText([]byte(name)); err != nil {
		b.Fatal(err)
	}
	return func(to io.Writer) {
		w, err := encode.New(to, o, nil)
		if err != nil {
			b.Fatal(err)
		}
		for range chunks {
			write(b, w, record)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
