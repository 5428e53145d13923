package output

import (
	"reflect"

	"sluice/output/key"
	"sluice/output/s3"
)

// correct decides after a refusal whether a segment's object is stored with today's
// attributes in place of those that it recorded: S3 does not take those, and the remedy is to
// correct the configuration. Tags and metadata stay, since their variables are known only
// when a segment is opened, unless there are to be none any more.
func (o *Output) correct(j *job, cause error) bool {
	if o.keys == nil || j.attributes != nil || isInternal(cause) || !s3.NeedsOperator(cause) {
		return false // a push has its own way to say it
	}
	m, err := parseMeta(j.segment.Meta)
	if err != nil || m.Attributes == nil {
		return false
	}
	today := o.attributes.render("", key.Source{}, m.Encoding.Compression, o.opts.Now())
	if today.Tags != "" {
		today.Tags = m.Attributes.Tags
	}
	if len(today.Metadata) > 0 {
		today.Metadata = m.Attributes.Metadata
	}
	if today.LockMode == m.Attributes.LockMode {
		today.LockUntil = m.Attributes.LockUntil
	}
	if reflect.DeepEqual(today, *m.Attributes) {
		return false
	}
	j.attributes = &today
	o.opts.Log.Warn("an object is stored with the attributes of the corrected configuration, since S3 refused those "+
		"that its segment recorded", "key", m.Key, "error", s3.Explain(cause).Cause)
	return true
}
