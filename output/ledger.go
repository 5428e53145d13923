package output

import (
	"sync"

	"sluice/spool"
)

// Quarantined is a segment in the quarantine, because not all of it can be read.
type Quarantined struct {
	File    string
	Reason  string
	Records int64 // of it that were stored
}

// ledger counts the stored records of each segment.
type ledger struct {
	opts PushOptions

	mu      sync.Mutex // guards records, and is held while opts.OnEvent runs
	records map[uint64]int64
}

func (l *ledger) onEvent(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opts.Bucket != "" {
		e.Bucket = l.opts.Bucket
	}
	if e.Err == nil {
		l.records[e.ID] = e.Records
	}
	l.opts.OnEvent(e)
}

// quarantinedBefore returns the files that are in the quarantine before a push, and stay
// there.
func quarantinedBefore(o PushOptions) (files map[string]bool, err error) {
	if o.Readmit {
		return nil, nil
	}
	found, err := spool.ListQuarantine(o.Dir)
	files = map[string]bool{}
	for _, each := range found {
		files[each.Path] = true
	}
	return files, err
}

// quarantined returns what the push has quarantined.
func (l *ledger) quarantined(before map[string]bool) (all []Quarantined, err error) {
	found, err := spool.ListQuarantine(l.opts.Dir)
	for _, each := range found {
		if !before[each.Path] {
			all = append(all, Quarantined{File: each.Path, Reason: each.Reason, Records: l.records[each.ID]})
		}
	}
	return all, err
}
