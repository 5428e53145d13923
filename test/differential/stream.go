package differential

// stream is what one tag gets: records in the PackedForward mode, then records in the Forward mode.
type stream struct {
	tag            string
	packed, packet []Record
}

// most is the size of one message, well below what Fluent Bit takes.
const most = 256 << 10

func (s stream) send(f *forward) error {
	var batch []byte
	for i, r := range s.packed {
		batch = append(batch, r.Bytes...)
		if len(batch) < most && i < len(s.packed)-1 {
			continue
		}
		if err := f.packed(s.tag, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	var events [][]byte
	for i, r := range s.packet {
		events = append(events, r.Bytes)
		if len(events) < 500 && i < len(s.packet)-1 {
			continue
		}
		if err := f.entries(s.tag, events); err != nil {
			return err
		}
		events = events[:0]
	}
	return nil
}

// features are those of each JSON line.
func (s stream) features() []Feature {
	var lines []Feature
	for _, records := range [][]Record{s.packed, s.packet} {
		for _, r := range records {
			for range r.Lines {
				lines = append(lines, r.Features)
			}
		}
	}
	return lines
}

func (s stream) lines() int { return len(s.features()) }

// everything is a stream with count records of every kind; a sixth goes in the Forward mode, which takes
// no group markers.
func everything(seed uint64, count int) stream {
	s := stream{tag: "everything", packed: Records(seed, count-count/6)}
	g := newGenerator(seed + 1)
	g.narrow = true
	for range count / 6 {
		s.packet = append(s.packet, g.record())
	}
	return s
}
