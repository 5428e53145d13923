package output

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"sluice/output/encode"
	"sluice/output/key"
	"sluice/output/record"
	"sluice/output/s3"
)

// meta is an object's identity and form. It is written to the segment when that is opened
// and never changes, whatever is retried, restarted or reconfigured: shipping a segment
// again writes the same bytes under the same key.
type meta struct {
	Bucket   string         `json:"bucket"`
	Key      string         `json:"key"`
	Encoding encode.Options `json:"encoding"`
	// Index is the key's $INDEX, if it has one.
	Index *uint64 `json:"index,omitempty"`
	// Attributes are what the object is stored with; nil in segments of versions before.
	Attributes *s3.Attributes `json:"attributes,omitempty"`
	// ID identifies the object, if its key has a UUID, so that nobody else writes it.
	ID string `json:"id,omitempty"`
	// Settings are the properties needed to reach the bucket without Fluent Bit, for
	// "sluice spool push". A running output's own configuration wins: it may have been
	// corrected.
	Settings map[string]string `json:"settings,omitempty"`
}

// identity is what an object's key, bucket and attributes are made of.
type identity struct {
	tag, bucket string
	time        time.Time
	source      key.Source
}

// newMeta fixes the identity of an object.
func (o *Output) newMeta(of identity) ([]byte, error) {
	v := key.Values{Tag: of.tag, Time: of.time, UUID: newUUID(), Source: of.source}
	var index *uint64
	if o.template.UsesIndex() {
		v.Index = o.index.Next()
		index = &v.Index
	}
	attributes := o.attributes.render(of.tag, of.source, o.encoding.Compression, o.opts.Now())
	m := meta{
		Bucket:   of.bucket,
		Key:      o.template.Render(v),
		Encoding: o.encoding,
		Index:    index,
		Settings: o.opts.Config.Destination(),

		Attributes: &attributes,
	}
	if o.template.HasUUID() {
		m.ID = rand.Text()
	}
	return json.Marshal(m)
}

func parseMeta(b []byte) (m meta, err error) {
	if err = json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("meta of segment: %w", err)
	}
	return m, nil
}

// firstTime returns the time of the first record that has one, or now
// (plugins/out_s3/s3.c:4274).
func (o *Output) firstTime(chunk []byte) time.Time {
	d := record.NewDecoder(chunk)
	for {
		ev, err := d.Next()
		if isInvalid(err) {
			continue
		}
		if err != nil {
			return o.opts.Now()
		}
		if ev.Time.Sec != 0 {
			return time.Unix(ev.Time.Sec, ev.Time.Nsec)
		}
	}
}

// newUUID returns a value for $UUID: random letters and digits.
func newUUID() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	text := make([]byte, 0, key.UUIDLength)
	for len(text) < key.UUIDLength {
		var b [1]byte
		rand.Read(b[:]) // never fails
		if n := int(b[0] >> 2); n < len(alphabet) {
			text = append(text, alphabet[n])
		}
	}
	return string(text)
}
