package creds

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

// failed returns whom to tell of a failure, nobody if it is known.
func (s *subscribers) failed(u Update) []func() {
	is := dead
	if u.Credentials.AccessKeyID != "" {
		is = extended
	}
	if s.outage == is {
		return nil
	}
	s.outage = is
	return s.calls(u)
}

// changed returns whom to tell of credentials, nobody if they are the old ones
// and were never in doubt.
func (s *subscribers) changed(before, after *snapshot) []func() {
	recovered := s.outage != well
	s.outage = well
	if before != nil && before.creds.sameKey(after.creds) && !recovered {
		return nil
	}
	u := Update{Credentials: after.creds}
	if before != nil {
		u.Previous = before.creds
	}
	return s.calls(u)
}

func (s *subscribers) calls(u Update) []func() {
	var calls []func()
	for _, each := range s.all {
		calls = append(calls, func() { each.tell(u) })
	}
	return calls
}
