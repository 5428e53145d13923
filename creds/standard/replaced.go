package standard

import (
	"sync"
	"time"
)

// replaced are what profiles asked before their files were rewritten. What is being
// retrieved there ends by itself, or with the Sources. It is safe for concurrent use;
// the zero value is ready.
type replaced struct {
	mu  sync.Mutex // guards all
	all []former
}

type former struct {
	built *built
	since time.Time
}

// oldest is how long ago nothing was replaced that still retrieves.
const oldest = 2 * processTimeout

// add takes what was replaced at a time, and lets go of what has ended.
func (r *replaced) add(b *built, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.all[:0]
	for _, each := range r.all {
		if now.Sub(each.since).Abs() < oldest {
			kept = append(kept, each)
		}
	}
	clear(r.all[len(kept):])
	r.all = append(kept, former{b, now})
}

// close ends all retrievals and waits for them.
func (r *replaced) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, each := range r.all {
		each.built.close()
	}
}
