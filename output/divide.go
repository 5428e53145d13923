package output

import (
	"errors"
	"fmt"
	"io"
	"time"

	"sluice/output/key"
	"sluice/output/record"
	"sluice/spool"
)

// maxAhead is how far in the future a record's time may be, with key_time record.
const maxAhead = time.Hour

// appendDivided makes a chunk durable whose records belong into several objects.
func (o *Output) appendDivided(c spool.Chunk) (segments []*spool.Segment, opened bool, err error) {
	o.dividing.Lock() // Fluent Bit flushes one chunk at a time
	defer o.dividing.Unlock()
	d := &o.division
	d.begin(o, c)
	defer d.end()
	d.divide()
	parts := make([]spool.Part, len(d.parts))
	for i := range parts {
		p := &d.parts[i]
		parts[i] = spool.Part{Stream: p.stream, Data: p.pieces, Meta: func() ([]byte, error) {
			opened = true
			return o.newMeta(d.identityOf(p))
		}}
	}
	segments, err = o.spool.AppendParts(o.stream(c.Tag), c, parts)
	if err != nil {
		return nil, opened, err
	}
	for reason, records := range d.overflow {
		o.counters.overflow[reason].Add(records)
	}
	if d.overflow[tooMany] > 0 {
		o.warnStreams.Do(func() {
			o.opts.Log.Warn(fmt.Sprintf("raise key_max_streams, or take fields with many values out of s3_key_format: "+
				"records beyond %d keys at once go to %s", o.opts.Config.KeyMaxStreams, key.Other),
				"fields", o.fields.Names())
		})
	}
	return segments, opened, nil
}

// division divides a chunk's records among streams. What it needs for that is kept from chunk to
// chunk; it must not be used by several goroutines at once.
type division struct {
	out     *Output
	lookup  *record.Lookup
	windows *key.Windows // nil with key_time first

	chunk   spool.Chunk
	now     time.Time
	base    string // what the tag makes of a stream's name
	free    int    // how many more streams may be opened
	decoder *record.Decoder

	values   []record.Value // of the current record
	name     []byte         // of its stream
	parts    []divided
	byName   map[string]int // places in parts, also of streams that have none of their own
	buckets  map[string]choice
	overflow [len(Overflows)]int64
}

// divided is what a chunk has for one stream.
type divided struct {
	stream string
	bucket string
	time   time.Time
	other  bool   // the record's fields do not count
	body   []byte // of the first record, nil if there is none
	pieces [][]byte
	end    int    // of the last piece in the chunk, -1 if it is not from there
	group  []byte // marker of the group that the last piece ends in
}

// choice is a bucket for some values of fields.
type choice struct {
	bucket  string
	allowed bool
}

// maxChoices bounds how many are remembered.
const maxChoices = 10_000

// begin prepares for a chunk.
func (d *division) begin(o *Output, c spool.Chunk) {
	if d.out == nil {
		d.out, d.lookup = o, o.fields.Lookup()
		d.byName, d.buckets = map[string]int{}, map[string]choice{}
		if o.opts.Config.KeyTime == "record" {
			d.windows = o.template.Windows()
		}
	}
	d.chunk, d.now, d.decoder = c, o.opts.Now(), record.NewDecoder(c.Data)
	d.base = "/" + o.template.Stream(c.Tag) + o.attributes.stream(c.Tag)
	d.free = o.opts.Config.KeyMaxStreams - o.spool.Active()
	d.overflow = [len(Overflows)]int64{}
}

// end forgets the chunk, whose memory is Fluent Bit's.
func (d *division) end() {
	for i := range d.parts {
		clear(d.parts[i].pieces)
		d.parts[i] = divided{pieces: d.parts[i].pieces[:0]}
	}
	d.parts = d.parts[:0]
	clear(d.values)
	clear(d.byName)
	d.chunk, d.decoder = spool.Chunk{}, nil
}

// divide finds the part of each record. What is not a record goes where records without the
// fields do, so that it is kept and reported.
func (d *division) divide() {
	data := d.chunk.Data
	for {
		begin := d.decoder.Offset()
		ev, err := d.decoder.NextHeader()
		switch {
		case err == io.EOF:
			if len(d.parts) == 0 {
				d.addOther(data, 0, len(data)) // nothing, or markers alone
			}
			return
		case err != nil && isInvalid(err):
			d.addOther(data, begin, d.decoder.Offset())
			continue
		}
		if err == nil {
			err = d.find(ev)
		}
		if err != nil {
			d.addOther(data, begin, len(data)) // no record is found behind
			return
		}
		p := d.partOf(ev)
		p.enter(d.decoder.Group())
		p.add(data, d.decoder.Start(), d.decoder.Offset())
	}
}

// find finds the fields of an event, and moves behind it.
func (d *division) find(ev record.Event) (err error) {
	var n int
	if d.values, n, err = d.lookup.Find(d.values, ev.Body); err != nil {
		return errors.Join(err, d.decoder.SkipBody())
	}
	d.decoder.Advance(n)
	return nil
}

// addOther adds bytes that are no record.
func (d *division) addOther(data []byte, from, to int) {
	clear(d.values)
	p := d.partOf(record.Event{})
	p.add(data, from, to)
}

// partOf returns the part of the record whose fields were found.
func (d *division) partOf(ev record.Event) *divided {
	from := key.Source{Values: d.values}
	when := d.timeOf(ev)
	bucket := d.bucketOf(from)
	d.setName(bucket, from, when)
	at, known := d.byName[string(d.name)]
	if !known {
		at = d.place(divided{stream: string(d.name), bucket: bucket, time: when, body: ev.Body})
	}
	p := &d.parts[at]
	if p.other {
		d.overflow[tooMany]++
	}
	return p
}

// place finds a place for a stream that the chunk has not had so far: its own, or one of the
// streams that are for all others.
func (d *division) place(p divided) (at int) {
	own := p.stream
	if !d.out.spool.IsActive(own) {
		if d.free <= 0 {
			p.other, p.time = true, d.now
			d.setName(p.bucket, key.Source{Other: true}, p.time)
			p.stream = string(d.name)
		}
		d.free--
	}
	at, known := d.byName[p.stream]
	if !known {
		at = len(d.parts)
		d.grow(p)
	}
	d.byName[own], d.byName[p.stream] = at, at
	return at
}

// grow adds a part, with the memory of an earlier one if there is any.
func (d *division) grow(p divided) {
	if n := len(d.parts); n < cap(d.parts) {
		p.pieces = d.parts[:n+1][n].pieces
	}
	d.parts = append(d.parts, p)
}

// setName sets the name of the stream of records with these fields and time.
func (d *division) setName(bucket string, from key.Source, when time.Time) {
	b := append(append(d.name[:0], bucket...), d.base...)
	b = append(b, 0)
	b = d.out.template.AppendFields(b, from)
	b = d.out.attributes.appendFields(b, from)
	if d.windows != nil {
		b = append(b, d.windows.Of(when).Text...)
	}
	d.name = b
}

// timeOf returns the time that the record's key shows, as far as it is up to the record.
func (d *division) timeOf(ev record.Event) time.Time {
	t := time.Unix(ev.Time.Sec, ev.Time.Nsec)
	if d.windows == nil {
		if ev.Time.Sec == 0 {
			return d.now
		}
		return t
	}
	switch {
	case ev.Body == nil: // no record
	case t.Before(d.now.Add(-d.out.opts.Config.KeyTimeMaxAge)):
		d.overflow[tooOld]++
	case t.After(d.now.Add(maxAhead)):
		d.overflow[ahead]++
	default:
		return t
	}
	return d.now
}

// bucketOf returns the record's bucket.
func (d *division) bucketOf(from key.Source) string {
	if len(d.out.opts.Config.BucketAllow) == 0 {
		return d.out.opts.Config.Bucket
	}
	d.name = d.out.bucketText.AppendFields(append(append(d.name[:0], d.chunk.Tag...), 0), from)
	chosen, known := d.buckets[string(d.name)]
	if !known {
		chosen.bucket, chosen.allowed = d.out.naming.bucketOf(d.chunk.Tag, from)
		if len(d.buckets) >= maxChoices {
			clear(d.buckets)
		}
		d.buckets[string(d.name)] = chosen
	}
	if !chosen.allowed {
		d.overflow[otherBucket]++
	}
	return chosen.bucket
}

// identityOf returns what the object of a part is made of, if it begins with it.
func (d *division) identityOf(p *divided) identity {
	of := identity{tag: d.chunk.Tag, bucket: p.bucket, time: p.time, source: key.Source{Other: p.other}}
	if p.body != nil && !p.other {
		// It could be read before.
		of.source.Values, _, _ = d.lookup.Find(nil, p.body)
	}
	return of
}

// enter has the part go on in the group that a marker opened, nil for none.
func (p *divided) enter(group []byte) {
	if sameGroup(p.group, group) {
		return
	}
	marker := group
	if group == nil {
		marker = []byte(record.GroupEnd)
	}
	p.pieces, p.end, p.group = append(p.pieces, marker), -1, group
}

// sameGroup reports whether two markers are one and the same.
func sameGroup(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// add adds bytes of the chunk. What follows what was added last is one piece with it.
func (p *divided) add(data []byte, from, to int) {
	if last := len(p.pieces) - 1; last >= 0 && p.end == from {
		p.pieces[last] = data[from-len(p.pieces[last]) : to]
	} else {
		p.pieces = append(p.pieces, data[from:to])
	}
	p.end = to
}
