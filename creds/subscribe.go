package creds

import "sluice/creds/internal/calls"

// Update tells what has become of a Cache's credentials.
type Update struct {
	Credentials Credentials // what callers get from now on; blank if they get Err
	Previous    Credentials // what they got before; blank if nothing
	Err         error       // why there are no new ones; nil with a new key
}

// subscribers are who wants to know. They hear of each key once, and of each
// outage once: when the first caller goes without credentials, or with ones
// beyond their end.
type subscribers struct {
	last   int
	all    []subscriber
	outage outage
	calls  calls.Queue
}

type subscriber struct {
	id   int
	tell func(Update)
}

// outage is what was last told of the source.
type outage int

const (
	well     outage = iota
	extended        // the old key is kept beyond its end
	dead            // callers get an error
)

func (s *subscribers) add(f func(Update)) (id int) {
	s.last++
	s.all = append(s.all, subscriber{s.last, f})
	return s.last
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
	is := dead
	if u.Credentials.AccessKeyID != "" {
		is = extended
	}
	if s.outage != is {
		s.outage = is
		s.tell(u)
	}
}

// changed queues credentials, unless they are the old ones and were never in
// doubt.
func (s *subscribers) changed(before, after *snapshot) {
	recovered := s.outage != well
	s.outage = well
	if before != nil && before.creds.sameKey(after.creds) && !recovered {
		return
	}
	u := Update{Credentials: after.creds}
	if before != nil {
		u.Previous = before.creds
	}
	s.tell(u)
}

func (s *subscribers) tell(u Update) {
	for _, each := range s.all {
		s.calls.Add(func() { each.tell(u) })
	}
}
