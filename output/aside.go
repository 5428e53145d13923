package output

import (
	"sync"

	"sluice/spool"
)

// Aside is a segment that was put into the quarantine, since not all of it can be read.
type Aside struct {
	File    string
	Reason  string
	Records int64 // that were stored of it
}

// ledger notes what was stored of each segment.
type ledger struct {
	opts PushOptions

	mu      sync.Mutex // guards records, and is held while opts.Told runs
	records map[uint64]int64
}

func (l *ledger) told(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opts.Bucket != "" {
		e.Bucket = l.opts.Bucket
	}
	if e.Err == nil {
		l.records[e.ID] = e.Records
	}
	l.opts.Told(e)
}

// asideBefore returns the files that are in the quarantine, and stay there.
func asideBefore(o PushOptions) (files map[string]bool, err error) {
	if o.Readmit {
		return nil, nil
	}
	found, err := spool.Aside(o.Dir)
	files = map[string]bool{}
	for _, each := range found {
		files[each.Path] = true
	}
	return files, err
}

// aside returns what the push has put aside.
func (l *ledger) aside(before map[string]bool) (all []Aside, err error) {
	found, err := spool.Aside(l.opts.Dir)
	for _, each := range found {
		if !before[each.Path] {
			all = append(all, Aside{File: each.Path, Reason: each.Reason, Records: l.records[each.ID]})
		}
	}
	return all, err
}
