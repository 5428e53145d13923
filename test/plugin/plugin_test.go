// Package plugin tests the real plugin under test/host, the loader that does
// what Fluent Bit does: on machines without Fluent Bit, and in ways that Fluent
// Bit makes hard to provoke.
package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"sluice/test/testenv"
)

var (
	server  *testenv.S3
	program = "../../build/flb-host"
	object  = "../../build/out_sluice.so"
	source  = "../.." // of the project
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		for _, file := range []*string{&program, &object, &source} {
			path, err := filepath.Abs(*file)
			if err == nil {
				_, err = os.Stat(path)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err, "(run make first)")
				return 1
			}
			*file = path
		}
		dir, err := os.MkdirTemp("", "sluice-plugin-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if server, err = testenv.StartS3(testenv.S3Config{Dir: dir}); err != nil {
			panic(err)
		}
		defer server.Close()
		return m.Run()
	}())
}

// rig is a host with the plugin and a bucket.
type rig struct {
	t      *testing.T
	bucket testenv.Bucket
	dir    string
	env    []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	keys := testenv.OwnerKeys()
	r := &rig{t: t, bucket: newBucket(t), dir: t.TempDir()}
	r.env = []string{"HOME=" + r.dir, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey}
	return r
}

func newBucket(t *testing.T) testenv.Bucket {
	t.Helper()
	b := server.Bucket(fmt.Sprintf("test-%x", rand.Uint64()))
	if err := b.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// output is the arguments of one output to a bucket.
func (r *rig) output(b testenv.Bucket, properties ...string) []string {
	args := []string{"-o", "sluice"}
	for _, p := range append([]string{"bucket=" + b.Name(), "endpoint=" + server.Endpoint,
		"store_dir=" + filepath.Join(r.dir, "spool"),
		"s3_key_format=/logs/$TAG/$INDEX", "total_file_size=1M", "compression=gzip"}, properties...) {
		args = append(args, "-p", p)
	}
	return args
}

func (r *rig) lines(streams ...testenv.Lines) (args []string) {
	r.t.Helper()
	for _, s := range streams {
		if _, err := s.WriteFile(r.dir); err != nil {
			r.t.Fatal(err)
		}
		args = append(args, "--lines", s.Tag+"="+s.File(r.dir))
	}
	return args
}

// start starts the host.
func (r *rig) start(args ...string) *testenv.Process {
	r.t.Helper()
	p, err := testenv.Start(testenv.Command{Path: program, Args: append([]string{"-e", object}, args...), Env: r.env,
		Dir: r.dir, Log: filepath.Join(r.dir, "host.log")})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		p.Kill()
		if r.t.Failed() {
			r.t.Logf("host:\n%s", p.Log())
		}
	})
	return p
}

// run runs the host to its end and returns what it logged.
func (r *rig) run(args ...string) (log string, err error) {
	r.t.Helper()
	p := r.start(args...)
	err = p.Wait()
	return p.Log(), err
}

func (r *rig) want(b testenv.Bucket, streams ...testenv.Lines) {
	r.t.Helper()
	tally := testenv.NewTally(streams...)
	if err := tally.Bucket(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
	if err := tally.Err(); err != nil {
		r.t.Error(err)
	}
}

func TestEveryLineOnceInOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"workers 0", []string{"-w", "0"}},
		{"workers 1", []string{"-w", "1", "--guard"}},
		{"workers 4", []string{"-w", "4", "--guard", "--chunk-size", "20000"}},
		{"Fluent Bit 2.2", []string{"-w", "1", "--abi", "2.2", "--stack", "24K"}},
		{"Fluent Bit 4.2.3", []string{"-w", "0", "--abi", "4.2.3", "--stack", "24K"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			lines := []testenv.Lines{testenv.Orders(30_000), testenv.Access(30_000)}
			args := append(c.args, append(r.output(r.bucket), r.lines(lines...)...)...)
			if log, err := r.run(args...); err != nil {
				t.Fatalf("%v\n%s", err, log)
			}
			r.want(r.bucket, lines...)
		})
	}
}

func TestSeveralInstances(t *testing.T) {
	r := newRig(t)
	other := newBucket(t)
	orders, access := testenv.Orders(10_000), testenv.Access(10_000)
	args := append(r.output(r.bucket, "alias=one", "match=app.*"), r.output(other, "alias=two", "match=web.*")...)
	if log, err := r.run(append(args, r.lines(orders, access)...)...); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	r.want(r.bucket, orders)
	r.want(other, access)
}

func TestHotReloads(t *testing.T) {
	r := newRig(t)
	lines := []testenv.Lines{testenv.Orders(60_000), testenv.Access(60_000)}
	args := append(r.output(r.bucket), "-w", "0", "--reload", "30", "--chunk-size", "100000")
	log, err := r.run(append(args, r.lines(lines...)...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	var stats struct{ Reloads int }
	if err := json.Unmarshal([]byte(lastLine(log)), &stats); err != nil || stats.Reloads != 30 {
		t.Errorf("%d reloads (%v), want 30", stats.Reloads, err)
	}
	r.want(r.bucket, lines...)
}

func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return lines[len(lines)-1]
}

// TestStopAndGoOn stops the host in the middle with SIGTERM while S3 is away:
// the next run delivers, from the spool and from the host's own storage.
func TestStopAndGoOn(t *testing.T) {
	r := newRig(t)
	lines := testenv.Orders(50_000)
	storage := []string{"--storage", filepath.Join(r.dir, "storage"), "--chunk-size", "50000"}
	away := withEndpoint(r.output(r.bucket), "http://127.0.0.1:1")
	p := r.start(join(storage, []string{"--rate", "20000"}, away, []string{"-p", "exit_timeout=1s"}, r.lines(lines))...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spooled := func() bool {
		files, _ := filepath.Glob(filepath.Join(r.dir, "spool", "*", "*.*"))
		return len(files) > 0
	}
	if err := testenv.Wait(ctx, p.Done(), spooled); err != nil {
		t.Fatalf("%v\n%s", err, p.Log())
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Wait() // with 1: not everything was fed
	if !strings.Contains(p.Log(), "stopping with data in the spool") {
		t.Errorf("the log does not say that data is left:\n%s", p.Log())
	}
	if log, err := r.run(join(storage, r.output(r.bucket), r.lines(lines))...); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	r.want(r.bucket, lines)
}

func join(args ...[]string) []string { return slices.Concat(args...) }

// withEndpoint replaces the endpoint in arguments.
func withEndpoint(args []string, endpoint string) []string {
	out := append([]string(nil), args...)
	for i, a := range out {
		if strings.HasPrefix(a, "endpoint=") {
			out[i] = "endpoint=" + endpoint
		}
	}
	return out
}

func TestRefusedStarts(t *testing.T) {
	for _, c := range []struct {
		name string
		args func(r *rig) []string
		want []string
	}{
		{"all mistakes at once", func(r *rig) []string {
			return []string{"-o", "sluice", "-p", "total_file_size=5Q", "-p", "compression=lz4", "-p",
				"s3_key_format=/%Q"}
		}, []string{
			"4 configuration mistakes",
			`total_file_size "5Q" is not a valid size`,
			`compression "lz4" is not known`,
			"bucket is required",
			`s3_key_format "/%Q" "%Q" is not a known time conversion`,
		}},
		{"the second instance", func(r *rig) []string {
			return append(r.output(r.bucket, "alias=one"), "-o", "sluice", "-p", "alias=two", "-o", "sluice", "-p",
				"alias=three")
		}, []string{"[output:sluice:two] configuration mistake: bucket is required"}},
		{"two outputs of one name", func(r *rig) []string {
			return append(r.output(r.bucket, "alias=same"), r.output(r.bucket, "alias=same")...)
		}, []string{"spool is in use by process", "give each output an alias or a store_dir of its own"}},
		{"a slip on a host that checks no names", func(r *rig) []string {
			return append([]string{"--abi", "2.2"}, r.output(r.bucket, "compresion=gzip")...)
		}, []string{"compresion is not known: did you mean compression?"}},
		{"a slip on a host that does", func(r *rig) []string {
			return r.output(r.bucket, "compresion=gzip")
		}, []string{"unknown configuration property 'compresion'"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			log, err := r.run(append(c.args(r), r.lines(testenv.Orders(10))...)...)
			if err == nil {
				t.Errorf("the host started")
			}
			for _, want := range c.want {
				if !strings.Contains(log, want) {
					t.Errorf("log has no %q:\n%s", want, log)
				}
			}
		})
	}
}

func TestTLSOnIsAccepted(t *testing.T) {
	r := newRig(t)
	lines := testenv.Orders(10)
	if log, err := r.run(append(r.output(r.bucket, "tls=on"), r.lines(lines)...)...); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	r.want(r.bucket, lines)
}

// TestFullSpool fills store_dir_limit_size while S3 is away: what is refused is
// offered again, and given up by the host after its retry_limit.
func TestFullSpool(t *testing.T) {
	r := newRig(t)
	args := withEndpoint(r.output(r.bucket, "store_dir_limit_size=50K", "exit_timeout=1s", "retry_limit=1"),
		"http://127.0.0.1:1")
	log, err := r.run(append(append(args, "--chunk-size", "100000", "--retry-base", "0.01"),
		r.lines(testenv.Orders(2_000))...)...)
	if err == nil {
		t.Error("every chunk was taken")
	}
	const remedy = "raise store_dir_limit_size, or find out why uploads do not make room: spool is full: "
	if !strings.Contains(log, remedy) ||
		!strings.Contains(log, "the chunk was not accepted, and Fluent Bit tries again") {
		t.Errorf("log:\n%s", log)
	}
	var stats struct{ Retry int }
	if json.Unmarshal([]byte(lastLine(log)), &stats); stats.Retry == 0 {
		t.Errorf("no chunk was answered FLB_RETRY: %s", lastLine(log))
	}
}
