package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"sluice/test/testenv"
)

// What 10,000 tags may cost.
const (
	manyTags   = 10_000
	mostFiles  = 256         // open, in all
	mostMemory = 150_000_000 // bytes above the same Fluent Bit with the null output
)

// TestTenThousandTags has 10,000 tags with little data each: all their segments are open at once, and
// shipped at the next start.
func TestTenThousandTags(t *testing.T) {
	needWorld(t)
	lines := make([]testenv.Lines, manyTags)
	for i := range lines {
		lines[i] = testenv.Lines{Tag: fmt.Sprintf("tag.%04d", i), Mark: fmt.Sprintf("t%04d-", i), Count: 2, JSON: true}
	}
	empty := newPipeline(t, testenv.Bucket{})
	empty.null = true
	base := empty.take(t, lines)
	bucket := newBucket(t)
	p := newPipeline(t, bucket)
	p.workers = 0
	p.set("exit_timeout", "1s")
	for _, do := range []struct {
		what  string
		usage testenv.Usage
	}{{"taking", p.take(t, lines)}, {"shipping", p.ship(t)}} {
		above := do.usage.Peak - base.Peak
		t.Logf("%s: %d open files, %.0f MB, %.0f above the null output (%d files, %.0f MB)", do.what, do.usage.Files,
			mega(do.usage.Peak), mega(above), base.Files, mega(base.Peak))
		if do.usage.Files >= mostFiles || above >= mostMemory {
			t.Errorf("%s: want less than %d open files and %.0f MB above the null output", do.what, mostFiles,
				mega(mostMemory))
		}
	}
	wantOnce(t, count(t, bucket, lines...))
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

// portion is how many tags have a line under way at once: more would fill Fluent Bit's memory, not ours.
const portion = 1000

// take has a pipeline take all lines by HTTP, and stops it.
func (p pipeline) take(t *testing.T, lines []testenv.Lines) testenv.Usage {
	t.Helper()
	var err error
	if p.http, err = testenv.FreeAddr(); err != nil {
		t.Fatal(err)
	}
	f := p.start(t)
	f.until(t, "Fluent Bit runs", f.listens)
	watch := f.Watch()
	posted := 0
	for n := range lines[0].Count {
		for some := range slices.Chunk(lines, portion) {
			postAll(t, p.http, some, n)
			posted += len(some)
			f.until(t, "a portion is taken", func() bool { return f.answered() >= posted })
		}
	}
	f.stop(t)
	return watch.Most()
}

// ship starts a pipeline again without input, and waits until its spool is empty.
func (p pipeline) ship(t *testing.T) testenv.Usage {
	t.Helper()
	f := p.start(t)
	watch := f.Watch()
	f.untilIn(t, 4*time.Minute, "the spool is empty", func() bool {
		left, _ := filepath.Glob(filepath.Join(p.dir, "store", "*", "*.sealed"))
		return len(left) == 0
	})
	f.stop(t)
	return watch.Most()
}

// postAll posts line n of all streams.
func postAll(t *testing.T, addr string, lines []testenv.Lines, n int) {
	t.Helper()
	const posters = 4
	var all sync.WaitGroup
	for i := range posters {
		all.Go(func() {
			for j := i; j < len(lines); j += posters {
				if err := post(addr, lines[j], n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func post(addr string, l testenv.Lines, n int) error {
	var body bytes.Buffer
	if err := l.Write(&body, n, n+1); err != nil {
		return err
	}
	resp, err := http.Post("http://"+addr+"/"+l.Tag, "application/json", &body)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("post a line of %s: %s", l.Tag, resp.Status)
	}
	return nil
}
