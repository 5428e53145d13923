package differential

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/test/testenv"
)

const bucket = "differential"

// bench is one run of Fluent Bit: its forward input feeds every variant's two outputs.
type bench struct {
	program, plugin string // plugin "": the C output stands for ours as well
	escape          bool   // json.escape_unicode
	variants        []variant
	dir             string
}

// variant is one setting of both outputs.
type variant struct {
	name       string
	tag        string
	properties []testenv.Property
}

// results are the texts that the two outputs wrote, by variant.
type results map[string]struct{ c, ours []byte }

// run sends the streams and returns what the outputs wrote.
func (b bench) run(t *testing.T, streams []stream) results {
	t.Helper()
	t.Chdir(t.TempDir()) // versitygw changes the working directory; this puts it back
	b.dir = t.TempDir()
	s3, err := testenv.StartS3(testenv.S3Config{Dir: filepath.Join(b.dir, "s3"), Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	defer s3.Close()
	monitor, input := freeAddr(t), freeAddr(t)
	p := b.start(t, s3, monitor, input)
	t.Cleanup(p.Kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Fluent Bit's log:\n%.20000s", p.Log())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b.feed(t, ctx, p, input, streams)
	want := b.answers(streams)
	if err := testenv.Wait(ctx, p.Done(), func() bool { return testenv.Answered(monitor) >= want }); err != nil {
		t.Fatalf("wait for %d answers: %v, got %d", want, err, testenv.Answered(monitor))
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatalf("Fluent Bit's end: %v", err)
	}
	return b.collect(t, ctx, s3)
}

func (b bench) start(t *testing.T, s3 *testenv.S3, monitor, input string) *testenv.Process {
	t.Helper()
	file := filepath.Join(b.dir, "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(b.config(s3, monitor, input)), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-c", file}
	if b.plugin != "" {
		args = append([]string{"-e", b.plugin}, args...)
	}
	keys := testenv.RoleKeys()
	p, err := testenv.Start(testenv.Command{Path: b.program, Args: args, Log: filepath.Join(b.dir, "log"),
		Env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir,
			"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
			"AWS_SESSION_TOKEN=" + keys.SessionToken,
		}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// config is a classic configuration with two outputs for each variant.
func (b bench) config(s3 *testenv.S3, monitor, input string) string {
	var text strings.Builder
	host, port, _ := net.SplitHostPort(monitor)
	testenv.Section(&text, "SERVICE", []testenv.Property{
		{Name: "flush", Value: "0.5"}, {Name: "grace", Value: "10"},
		{Name: "http_server", Value: "on"}, {Name: "http_listen", Value: host}, {Name: "http_port", Value: port},
		{Name: "json.escape_unicode", Value: fmt.Sprint(b.escape)},
	})
	host, port, _ = net.SplitHostPort(input)
	testenv.Section(&text, "INPUT", []testenv.Property{
		{Name: "name", Value: "forward"}, {Name: "listen", Value: host}, {Name: "port", Value: port},
		{Name: "buffer_max_size", Value: "64M"},
	})
	for _, v := range b.variants {
		testenv.Section(&text, "OUTPUT",
			append([]testenv.Property{{Name: "name", Value: "s3"}}, b.output(s3, v, "c")...))
		ours := []testenv.Property{{Name: "name", Value: "s3"}}
		if b.plugin != "" {
			ours = []testenv.Property{{Name: "name", Value: "sluice"},
				{Name: "json_escape_unicode", Value: fmt.Sprint(b.escape)}}
		}
		testenv.Section(&text, "OUTPUT", append(ours, b.output(s3, v, "ours")...))
	}
	return text.String()
}

// output is what both outputs share.
func (b bench) output(s3 *testenv.S3, v variant, side string) []testenv.Property {
	return append([]testenv.Property{
		{Name: "match", Value: v.tag}, {Name: "workers", Value: "1"},
		{Name: "bucket", Value: bucket}, {Name: "region", Value: s3.Region}, {Name: "endpoint", Value: s3.Endpoint},
		{Name: "use_put_object", Value: "on"},
		{Name: "s3_key_format", Value: "/" + side + "/" + v.name + "/$INDEX-$UUID"},
		{Name: "store_dir", Value: filepath.Join(b.dir, "store", side, v.name)},
	}, v.properties...)
}

// feed waits for the forward input and sends it everything.
func (b bench) feed(t *testing.T, ctx context.Context, p *testenv.Process, input string, streams []stream) {
	t.Helper()
	f := forward{}
	err := testenv.Wait(ctx, p.Done(), func() bool {
		conn, err := net.Dial("tcp", input)
		f.conn = conn
		return err == nil
	})
	if err != nil {
		t.Fatalf("connect to Fluent Bit: %v", err)
	}
	defer f.conn.Close()
	for _, s := range streams {
		if err := s.send(&f); err != nil {
			t.Fatal(err)
		}
	}
}

// answers is how many records all outputs together have to answer.
func (b bench) answers(streams []stream) int {
	n := 0
	for _, s := range streams {
		for _, v := range b.variants {
			if v.tag == s.tag {
				n += 2 * s.lines()
			}
		}
	}
	return n
}

// collect joins each side's objects in the order of their indexes.
func (b bench) collect(t *testing.T, ctx context.Context, s3 *testenv.S3) results {
	t.Helper()
	objects, err := s3.Bucket(bucket).List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(objects, func(x, y testenv.Object) int { return testenv.Natural(x.Key, y.Key) })
	all := results{}
	for _, o := range objects {
		text, err := s3.Bucket(bucket).Read(ctx, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(o.Key, "/")
		r := all[parts[1]]
		if parts[0] == "c" {
			r.c = append(r.c, text...)
		} else {
			r.ours = append(r.ours, text...)
		}
		all[parts[1]] = r
	}
	return all
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := testenv.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
