// Package soak has an output live through an hour of load and bad weather within seconds, on the clock of a
// testing/synctest bubble, and wants nothing of what it takes of the machine to grow.
package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

const hour = 3600 // seconds

// TestHour ships thousands of segments: of tags that stay and of tags that come and go, small ones and
// some of several parts, a tenth of the time without S3. When a tenth of the hour is over, half, and all
// of it, the load rests until everything is shipped; what is there then was there after the first tenth.
func TestHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "bucket=hour", "endpoint=http://s3.example", "s3_key_format=/$TAG/%H/$UUID",
			"compression=zstd",
			"compression_level=1", "upload_timeout=10s", "auto_retry_requests=off")
		w.crowd(t)
		var first footprint
		second := 0
		for _, until := range []int{hour / 10, hour / 2, hour} {
			for ; second < until; second++ {
				w.weather.outage.Store(second%300 >= 270)
				w.load(t, second)
				time.Sleep(time.Second)
			}
			w.weather.outage.Store(false)
			now := w.rest(t)
			t.Logf("after %4d s: %d segments shipped, %d attempts failed; %v", second, w.shipped.Load(),
				w.failed.Load(), now)
			if first == (footprint{}) {
				first = now
			}
			for _, problem := range now.beyond(first) {
				t.Errorf("after %d seconds there are %s than after the first tenth", second, problem)
			}
		}
		w.close(t)
		if w.shipped.Load() < 1500 || w.failed.Load() < 50 {
			t.Errorf("%d segments were shipped and %d attempts failed: too few to tell anything", w.shipped.Load(),
				w.failed.Load())
		}
	})
}

// crowd has as many objects encoded at once as ever will be, each as long as matters to an encoder, for those are
// kept: upload_workers of streams that begin to be shipped before their segments are sealed, and as many beside them.
func (w *world) crowd(t *testing.T) {
	for n, size := range []int{almostBulk, almostBulk, bulk, bulk} {
		w.flush(t, fmt.Sprint("crowd-", n), size)
		time.Sleep(time.Second)
	}
}

// A segment that begins to be shipped before it is sealed, and one that does not, bytes.
const (
	bulk       = 8_000_000
	almostBulk = 4_000_000
)

// load is a second's chunks.
func (w *world) load(t *testing.T, second int) {
	for tag, size := range map[string]int{"app": 2_000, "web": 20_000, "db": 500} {
		w.flush(t, tag, size)
	}
	if second%2 == 0 {
		w.flush(t, fmt.Sprint("pod-", second), 1_000)
	}
	if second%300 == 0 {
		w.flush(t, "bulk", bulk)
	}
}

func (w *world) flush(t *testing.T, tag string, size int) {
	if err := w.out.Flush(tag, records(size)); err != nil {
		t.Fatal(err)
	}
}

// records are about so many bytes of msgpack that do not compress by much: {"m": text} at second 5.
func records(size int) []byte {
	const length = 1000
	chunk := make([]byte, 0, size+length)
	for len(chunk) < size {
		chunk = append(chunk, 0x92, 0x05, 0x81, 0xa1, 'm', 0xda, length>>8, length&0xff)
		chunk = append(chunk, noise[rand.IntN(len(noise)-length):][:length]...)
	}
	return chunk
}

// noise is text of random characters.
var noise = func() []byte {
	text := make([]byte, 1<<20)
	for i := range text {
		text[i] = '?' + byte(rand.IntN(64)) // among them a backslash and DEL
	}
	return text
}()

// rest waits until everything is shipped, and what was needed for that is gone.
func (w *world) rest(t *testing.T) footprint {
	const patience, idleConns = time.Hour, time.Minute
	for began := time.Now(); len(w.segments(t)) > 0; time.Sleep(time.Second) {
		if time.Since(began) > patience {
			t.Fatalf("these segments are not shipped: %v", w.segments(t))
		}
	}
	time.Sleep(idleConns)
	synctest.Wait()
	return w.footprint(t)
}

func (w *world) segments(t *testing.T) []string {
	segments, err := filepath.Glob(filepath.Join(w.dir, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	return segments
}

// footprint is what a process takes of the machine.
type footprint struct {
	goroutines, descriptors int
	open                    int // files that were not closed, though the garbage collector may
	files                   int // in store_dir
	objects, bytes          int // of the heap
}

func (w *world) footprint(t *testing.T) footprint {
	for range 2 { // a pool is emptied by the second
		runtime.GC()
	}
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	return footprint{
		goroutines: runtime.NumGoroutine(), descriptors: count(t, "/proc/self/fd"),
		open: int(w.disk.open.Load()), files: count(t, w.dir),
		objects: int(heap.HeapObjects), bytes: int(heap.HeapAlloc),
	}
}

func count(t *testing.T, dir string) int {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d open files, %d files in store_dir, %d objects of %d kB",
		f.goroutines, f.descriptors, f.open, f.files, f.objects, f.bytes/1000)
}

// What may come after the first tenth: fewer objects than there are segments, and the bytes of the chunks
// that may come again, which the spool's journal keeps by their number and not by their age.
const (
	moreObjects = 1_000
	moreBytes   = 1_500_000
)

// beyond names what there is more of than there was before.
func (f footprint) beyond(before footprint) (problem []string) {
	for _, c := range []struct {
		what              string
		was, is, tolerate int
	}{
		{"goroutines", before.goroutines, f.goroutines, 0},
		{"descriptors", before.descriptors, f.descriptors, 0},
		{"open files", before.open, f.open, 0},
		{"files in store_dir", before.files, f.files, 0},
		{"objects on the heap", before.objects, f.objects, moreObjects},
		{"bytes on the heap", before.bytes, f.bytes, moreBytes},
	} {
		if more := c.is - c.was; more > c.tolerate {
			problem = append(problem, fmt.Sprintf("%d more %s", more, c.what))
		}
	}
	return problem
}
