package output

import (
	"encoding/json"
	"fmt"
	"time"

	"sluice/conf"
	"sluice/output/key"
	"sluice/output/record"
)

// Example is where an object could go.
type Example struct {
	Bucket, Key string
}

// Sample is a record for an Example. The zero Sample has no fields.
type Sample struct {
	body    []byte         // msgpack
	members map[string]any // as encoding/json has them
}

// ParseSample parses a JSON object. Its error follows the text in a sentence.
func ParseSample(text string) (s Sample, err error) {
	if s.body, err = record.FromJSON([]byte(text)); err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(text), &s.members)
}

// time returns what the member with a name shows as a time: in RFC 3339, or as seconds since 1970.
func (s Sample) time(name string) (t time.Time, ok bool) {
	switch v := s.members[name].(type) {
	case string:
		t, err := time.Parse(time.RFC3339, v)
		return t, err == nil
	case float64:
		return time.UnixMicro(int64(v * 1e6)), true
	}
	return t, false
}

// NewExample returns where an object whose first record has the tag could go. The record's time is
// that of the member json_date_key, or now.
func NewExample(c conf.Config, tag string, now time.Time, s Sample) (e Example, err error) {
	n, err := newNaming(c)
	if err != nil {
		return e, err
	}
	v := key.Values{Tag: tag, Time: now, UUID: newUUID()}
	if t, ok := s.time(c.JSONDateKey); ok {
		v.Time = t
	}
	if s.body != nil {
		if v.Values, _, err = n.fields.Lookup().Find(nil, s.body); err != nil {
			return e, fmt.Errorf("read the record: %w", err)
		}
	}
	e.Bucket, _ = n.bucketOf(tag, v.Source)
	e.Key = n.template.Render(v)
	return e, nil
}
