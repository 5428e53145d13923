package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sys/unix"

	"sluice/output/s3test"
)

// terminal is a standard error that a person looks at.
type terminal struct {
	*os.File
	screen chan string // gets all that was written when the terminal is closed
}

func newTerminal(t *testing.T) terminal {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no terminal: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	fd := int(screen.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal: %v", err)
	}
	shown := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(screen) // it ends with EIO when the other side is closed
		shown <- string(text)
	}()
	return terminal{file, shown}
}

// shown closes the terminal, and returns all that was written to it.
func (tt terminal) shown() string {
	tt.Close()
	return <-tt.screen
}

// onTerminal runs the command with its standard error on a terminal, and its standard
// output there, too, unless that goes to a file.
func onTerminal(t *testing.T, env vars, piped bool, args ...string) (code int, shown string) {
	t.Helper()
	stderr := newTerminal(t)
	var stdout io.Writer = stderr.File
	if piped {
		stdout = &bytes.Buffer{}
	}
	code = run(t.Context(), args, env.getenv, strings.NewReader(""), stdout, stderr.File)
	return code, stderr.shown()
}

// TestProgressOnTerminal: a terminal shows a bar with the bytes and the time left, and no line is written into it.
func TestProgressOnTerminal(t *testing.T) {
	dir, s3 := newSpoolDir(t), s3test.Start(t)
	damage(t, sealed(t, dir)[0])
	store := filepath.Join(dir, "store")
	deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer deaf.Close()
	home := startSTS(t).and(vars{"HOME": dir})
	for _, c := range []struct {
		name  string
		piped bool
		args  []string
		code  int
		want  string // what is drawn, "" for nothing
	}{
		{"verify", false, []string{"spool", "verify", store}, 1, "verifying   0% |"},
		{"cat to a pipe", true, []string{"spool", "cat", store}, 1, "printing   0% |"},
		{"cat", false, []string{"spool", "cat", store}, 1, ""},
		{"push in JSON", true, []string{"spool", "push", "--json", "--set", "endpoint=http://127.0.0.1:1", "--set",
			"auto_retry_requests=off", store}, 1, ""},
		{"push", true, []string{"spool", "push", "--set", "endpoint=" + s3.URL, store}, 0, "uploading out   0% |"},
		{"grant", true, []string{"grant", "aws", "--grants", filepath.Join(dir, "grants"), "--role",
			"arn:aws:iam::123456789012:role/app", "--sidecar", deaf.URL, "--wait", "250ms"}, 1,
			"waiting for the sidecar   0% |"},
	} {
		code, shown := onTerminal(t, home, c.piped, c.args...)
		if code != c.code || strings.Contains(shown, "% |") != (c.want != "") || !strings.Contains(shown, c.want) {
			t.Errorf("%s: exit code %d, want %d; shown is %q, want %q in it", c.name, code, c.code, shown, c.want)
		}
		for line := range strings.SplitSeq(shown, "\n") {
			if last := line[strings.LastIndex(strings.TrimRight(line, "\r"), "\r")+1:]; strings.Contains(last, "% |") {
				t.Errorf("%s: a bar is left over: %q", c.name, last)
			}
		}
	}
}

// TestProgressSays: a bar says how much is done, of how much, and how fast.
func TestProgressSays(t *testing.T) {
	stderr := newTerminal(t)
	p := newProgress(stderr.File, "reading", 4000, progressbar.OptionThrottle(0))
	p.add(1000)
	p.set(5000) // a file has grown
	if shown := stderr.shown(); !strings.Contains(shown, "reading  25% |") ||
		!strings.Contains(shown, "(1.0/4.0 kB, ") {
		t.Errorf("shown is %q", shown)
	}
}

// TestProgressElsewhere: what is no terminal gets no bar.
func TestProgressElsewhere(t *testing.T) {
	dir := newSpoolDir(t)
	file, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, out := range []io.Writer{file, &bytes.Buffer{}} {
		if p := newProgress(out, "x", 1); p != nil {
			t.Errorf("%T: there is a bar", out)
		}
	}
}

// TestSpoolSize: the total of a bar is what is read.
func TestSpoolSize(t *testing.T) {
	dir := newSpoolDir(t)
	total := int64(0)
	for _, path := range sealed(t, dir) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := spoolSize(path); got != info.Size() {
			t.Errorf("the size of a segment is %d, want %d", got, info.Size())
		}
		total += info.Size()
	}
	for _, path := range []string{"store", "store/out"} {
		if got := spoolSize(filepath.Join(dir, path)); got < total || got > total+4096 {
			t.Errorf("the size of %s is %d, want %d and little more", path, got, total)
		}
	}
}
