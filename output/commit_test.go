package output

import (
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"sluice/conf"
	"sluice/spool"
)

// stubbornFS does not remove files whose name contains kept.
type stubbornFS struct {
	spool.OS
	kept string
}

func (fs *stubbornFS) Remove(name string) error {
	if fs.kept != "" && strings.Contains(name, fs.kept) {
		return syscall.EROFS
	}
	return fs.OS.Remove(name)
}

// TestCommitJobs commits three stored jobs at once, one of which the spool cannot remove at first.
func TestCommitJobs(t *testing.T) {
	fs := &stubbornFS{}
	o := &Output{queue: newQueue(true, 4, time.Now), cores: newSemaphore(1), opts: Options{
		Config: conf.Config{Deduplicate: true}, Dir: t.TempDir(), FS: fs, Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	}}
	if err := o.openSpool(false); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"a", "b", "c"} {
		_, err := o.spool.Append(stream, spool.Chunk{Tag: stream, Data: []byte(stream)},
			func() ([]byte, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	o.BeginShutdown()
	var jobs []*job
	for range 3 {
		j := await(t.Context(), o.queue)
		j.stored = &result{records: 1}
		jobs = append(jobs, j)
	}
	var told []uint64
	o.opts.OnEvent = func(e Event) { told = append(told, e.ID) }

	fs.kept = ".sealed"
	o.commitJobs(jobs)
	if left := o.queue.len(); left != 3 || len(told) != 0 {
		t.Errorf("on a disk that cannot be written: %d jobs are left, told of %x, want 3 and none", left, told)
	}
	fs.kept = ""
	o.queue.update(func() { o.queue.makeDue(func(*lane) bool { return true }) })
	for i := range jobs {
		if jobs[i] = await(t.Context(), o.queue); jobs[i].stored == nil || jobs[i].attempts != 1 {
			t.Errorf("job %d has %d attempts, stored %v, want 1 and what was stored", i, jobs[i].attempts,
				jobs[i].stored)
		}
	}
	o.commitJobs(jobs)
	if left := o.queue.len(); left != 0 || len(told) != 3 || o.spool.Used() != 0 {
		t.Errorf("afterwards: %d jobs and %d bytes are left, told of %x, want none and three events", left,
			o.spool.Used(), told)
	}
	if err := o.spool.Close(0); err != nil {
		t.Fatal(err)
	}
}
