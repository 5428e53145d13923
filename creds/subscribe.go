package creds

import "sluice/creds/internal/calls"

// Update is a change of a Cache's credentials.
type Update struct {
	Credentials Credentials // what callers get from now on; zero if they get Err
	Previous    Credentials // what they got before; zero if nothing
	Err         error       // why there are no new credentials; nil with a new key
}

// Subscribe calls f with every change, in order. f is called on another goroutine and must not block; it may call
// Retrieve and Close. stop ends the subscription; a call that is already under way may still reach f.
func (c *Cache) Subscribe(f func(Update)) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.subscribers.add(f)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.subscribers.remove(id)
	}
}

// subscribers are called once for each key and once for each outage: when the first caller gets no credentials, or gets
// expired ones.
type subscribers struct {
	lastID int
	all    []subscriber
	outage outage
	calls  calls.Queue
}

type subscriber struct {
	id       int
	onUpdate func(Update)
}

// outage is the state of the source that subscribers know.
type outage int

const (
	noOutage     outage = iota
	servingStale        // callers get a key that has expired
	servingNone         // callers get an error
)

func (s *subscribers) add(f func(Update)) (id int) {
	s.lastID++
	s.all = append(s.all, subscriber{s.lastID, f})
	return s.lastID
}

func (s *subscribers) remove(id int) {
	for i := range s.all {
		if s.all[i].id == id {
			s.all = append(s.all[:i:i], s.all[i+1:]...)
			return
		}
	}
}

// failed queues a failure, unless it is known.
func (s *subscribers) failed(u Update) {
	state := servingNone
	if u.Credentials.AccessKeyID != "" {
		state = servingStale
	}
	if s.outage != state {
		s.outage = state
		s.notify(u)
	}
}

// retrieved queues new credentials. The same key again is news only after an outage.
func (s *subscribers) retrieved(previous, current Credentials) {
	recovered := s.outage != noOutage
	s.outage = noOutage
	if previous.SameKey(current) && !recovered {
		return
	}
	s.notify(Update{Credentials: current, Previous: previous})
}

func (s *subscribers) notify(u Update) {
	for _, each := range s.all {
		s.calls.Add(func() { each.onUpdate(u) })
	}
}
