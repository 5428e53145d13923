package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sluice/test/testenv"
)

const bucket = "demo-logs"

// demo is what the four steps share.
type demo struct {
	settings
	out     io.Writer
	dir     string // everything is below it
	work    string // the lines, the host's configuration and log, the plugin's store
	host    testenv.Host
	s3      *testenv.S3
	imds    *testenv.IMDS
	streams []testenv.Lines
	bytes   int64 // of all lines
}

// build starts the servers.
func build(ctx context.Context, s settings, out io.Writer) (*demo, error) {
	d := &demo{settings: s, out: out}
	host, err := testenv.FindHost(s.host)
	if err != nil {
		return nil, err
	}
	if d.dir, err = os.MkdirTemp("", "sluice-demo-"); err != nil {
		return nil, err
	}
	d.host, d.work = host, filepath.Join(d.dir, "work")
	if err := os.Mkdir(d.work, 0o755); err != nil {
		return nil, err
	}
	d.say("host", "%s", d.host)
	program, err := testenv.BuildIMDS(ctx, d.dir)
	if err != nil {
		return nil, err
	}
	if d.imds, err = testenv.StartIMDS(ctx, testenv.IMDSConfig{Program: program, Dir: d.dir}); err != nil {
		return nil, err
	}
	d.say("credentials", "%s, amazon-ec2-metadata-mock, IMDSv2 only", d.imds.Endpoint)
	if d.s3, err = testenv.StartS3(testenv.S3Config{Dir: filepath.Join(d.dir, "s3"), Bucket: bucket}); err != nil {
		d.imds.Close()
		return nil, err
	}
	d.say("S3", "%s, versitygw, bucket %s", d.s3.Endpoint, bucket)
	d.say("folder", "%s", d.dir)
	return d, nil
}

func (d *demo) close() {
	if err := d.s3.Close(); err != nil {
		d.say("S3", "%v", err)
	}
	d.imds.Close()
}

// write writes the lines' files.
func (d *demo) write(context.Context) error {
	d.streams = []testenv.Lines{testenv.Orders(d.lines / 2), testenv.Access(d.lines - d.lines/2)}
	for _, s := range d.streams {
		size, err := s.WriteFile(d.work)
		if err != nil {
			return fmt.Errorf("write %s: %w", s.File(d.work), err)
		}
		d.bytes += size
		d.say("lines", "%d in %s, %.1f MB", s.Count, s.File(d.work), mega(size))
	}
	return nil
}

// ship sends them through the plugin.
func (d *demo) ship(ctx context.Context) error {
	start := time.Now()
	if err := d.host.Ship(ctx, d.shipment()); err != nil {
		return fmt.Errorf("ship: %w", err)
	}
	took := time.Since(start)
	d.say("shipped", "in %.1f s, %.0f MB/s, with start and stop of the host", took.Seconds(),
		mega(d.bytes)/took.Seconds())
	return nil
}

func (d *demo) shipment() testenv.Shipment {
	s := testenv.Shipment{
		Plugin: d.plugin, Output: d.output, Inputs: d.streams, Dir: d.work,
		Properties: []testenv.Property{
			{Name: "bucket", Value: bucket},
			{Name: "region", Value: d.s3.Region},
			{Name: "endpoint", Value: d.s3.Endpoint},
			{Name: "s3_key_format", Value: "/logs/$TAG/%Y/%m/%d/$INDEX-$UUID.json.gz"},
			{Name: "compression", Value: "gzip"},
			{Name: "total_file_size", Value: "1M"},
			{Name: "use_put_object", Value: "on"},
			{Name: "store_dir", Value: filepath.Join(d.dir, "store")},
		},
		Env: []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + d.imds.Endpoint},
	}
	if d.plugin == "" { // the built-in output knows no address for IMDS but the real one
		keys := testenv.RoleKeys()
		s.Env = []string{
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
			"AWS_SESSION_TOKEN=" + keys.SessionToken,
		}
	}
	return s
}

// show lists the objects and prints the beginning of one.
func (d *demo) show(ctx context.Context) error {
	objects, err := d.s3.Bucket(bucket).List(ctx)
	if err != nil {
		return err
	}
	if len(objects) == 0 {
		return fmt.Errorf("there are no objects")
	}
	slices.SortFunc(objects, func(x, y testenv.Object) int { return testenv.Natural(x.Key, y.Key) })
	var size int64
	for _, o := range objects {
		size += o.Size
	}
	fmt.Fprintf(d.out, "\n%d objects, %.1f MB compressed:\n", len(objects), mega(size))
	const most = 8
	for _, o := range objects[:min(most, len(objects))] {
		fmt.Fprintf(d.out, "  %9d  s3://%s/%s\n", o.Size, bucket, o.Key)
	}
	if rest := len(objects) - most; rest > 0 {
		fmt.Fprintf(d.out, "             and %d more\n", rest)
	}
	for _, o := range []testenv.Object{objects[0], objects[len(objects)-1]} {
		if err := d.head(ctx, o.Key); err != nil {
			return err
		}
	}
	return nil
}

// head prints the first lines of an object.
func (d *demo) head(ctx context.Context, key string) error {
	text, err := d.s3.Bucket(bucket).Read(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nfrom %s:\n", filepath.Base(key))
	for _, line := range bytes.SplitN(text, []byte("\n"), 3)[:2] {
		const width = 150
		if len(line) > width {
			line = append(line[:width:width], "..."...)
		}
		fmt.Fprintf(d.out, "  %s\n", line)
	}
	return nil
}

// count compares lines with records.
func (d *demo) count(ctx context.Context) error {
	tally := testenv.NewTally(d.streams...)
	if err := tally.Bucket(ctx, d.s3.Bucket(bucket)); err != nil {
		return err
	}
	if err := tally.Err(); err != nil {
		return err
	}
	records := 0
	for _, c := range tally.Counts() {
		records += c.Out
	}
	fmt.Fprintf(d.out, "\n%s\n%d lines in, %d records out: every line is there, once, in order.\n", tally, d.lines,
		records)
	fmt.Fprintf(d.out, "The objects are files below %s\n", filepath.Join(d.dir, "s3", bucket))
	return nil
}

func (d *demo) say(what, format string, args ...any) {
	fmt.Fprintf(d.out, "%-12s %s\n", what, fmt.Sprintf(format, args...))
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }
