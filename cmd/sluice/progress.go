package main

import (
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"sluice/spool"
)

// progress shows on a terminal how far something is and how long it will take, and
// nothing elsewhere. It is gone when it ends: what came of it stands in the command's
// output. A nil progress shows nothing.
type progress struct {
	mu  sync.Mutex // guards bar, so that no line is written over it
	bar *progressbar.ProgressBar
}

// newProgress begins with nothing of the total, which is in bytes.
func newProgress(out io.Writer, what string, total int64, more ...progressbar.Option) *progress {
	return startProgress(out, what, total, append(more,
		progressbar.OptionShowBytes(true), progressbar.OptionShowCount())...)
}

// newWaiting begins a wait that takes so long at most.
func newWaiting(out io.Writer, what string, longest time.Duration) *progress {
	return startProgress(out, what, int64(longest))
}

func startProgress(out io.Writer, what string, total int64, more ...progressbar.Option) *progress {
	if !isTerminal(out) || total <= 0 {
		return nil
	}
	return &progress{bar: progressbar.NewOptions64(total, append([]progressbar.Option{
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(20), // a line of 80 columns has room for the rest
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionClearOnFinish(),
	}, more...)...)}
}

// isTerminal reports whether people see at once what is written.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// add adds to what is done.
func (p *progress) add(done int64) {
	p.draw(func() error { return p.bar.Add64(done) })
}

// set sets what is done in all.
func (p *progress) set(done int64) {
	p.draw(func() error { return p.bar.Set64(min(done, p.bar.GetMax64())) })
}

// end takes the bar away.
func (p *progress) end() {
	p.draw(func() error { return p.bar.Clear() })
}

// draw draws if there is a bar. One that cannot be drawn stops nothing.
func (p *progress) draw(change func() error) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = change()
}

// above returns a writer to the same terminal. It takes the bar away before it writes
// a line; the bar comes back below the line with what is done next.
func (p *progress) above(out io.Writer) io.Writer {
	if p == nil {
		return out
	}
	return aboveBar{p, out}
}

type aboveBar struct {
	*progress
	out io.Writer
}

// Write writes whole lines.
func (a aboveBar) Write(text []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.bar.Clear()
	return a.out.Write(text)
}

// spoolSize returns about how many bytes inspect will read, without reading them.
func spoolSize(path string) (total int64) {
	folders, err := spool.Folders(path)
	if err != nil || len(folders) == 0 {
		folders = []string{path}
	}
	for _, folder := range folders {
		for _, pattern := range []string{"", "*", "*/*"} { // a file; a spool's; the quarantine's
			files, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is valid if the path is
			for _, file := range files {
				if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
					total += info.Size()
				}
			}
		}
	}
	return total
}
