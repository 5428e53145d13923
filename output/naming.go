package output

import (
	"fmt"

	"sluice/conf"
	"sluice/output/key"
)

// naming says where an object goes and what it is stored with. It is immutable.
type naming struct {
	config     conf.Config
	template   *key.Template
	attributes attributes
	bucketText key.Text
	fields     *key.Fields // of all of them
}

func newNaming(c conf.Config) (n naming, err error) {
	n = naming{config: c, fields: &key.Fields{}}
	o, err := keyOptions(c, n.fields)
	if err != nil {
		return n, err
	}
	if n.template, err = key.Parse(c.KeyFormat, o); err != nil {
		return n, fmt.Errorf("s3_key_format %q %w", c.KeyFormat, err)
	}
	if n.bucketText, err = key.ParseText(c.Bucket, o); err != nil {
		return n, fmt.Errorf("bucket %q %w", c.Bucket, err)
	}
	n.attributes, err = newAttributes(c, o)
	return n, err
}

// divides reports whether the records of one chunk may belong into several objects.
func (n *naming) divides() bool {
	return n.fields.Len() > 0 || n.config.KeyTime == "record" || len(n.config.BucketAllow) > 0
}

// stream returns the stream of a tag: chunks of one stream share objects, unless records
// divide them. It is the bucket, and the key format and the attributes with their tag parts
// filled in.
func (n *naming) stream(tag string) string {
	return n.config.Bucket + "/" + n.template.Stream(tag) + n.attributes.stream(tag)
}

// bucketOf returns the bucket of a record. allowed is whether its fields name one that they may.
func (n *naming) bucketOf(tag string, from key.Source) (bucket string, allowed bool) {
	if len(n.config.BucketAllow) == 0 {
		return n.config.Bucket, true
	}
	named := n.bucketText.Render(tag, from)
	for _, bucket := range n.config.BucketAllow {
		if bucket == named {
			return bucket, true
		}
	}
	return n.config.BucketDefault, named == n.config.BucketDefault
}

// CheckKeyFormat validates s3_key_format for package conf.
func CheckKeyFormat(format, delimiters string) error {
	_, err := key.Parse(format, key.Options{TagDelimiters: delimiters})
	return err
}

// CheckText validates a value with tag parts and record fields for package conf.
func CheckText(text, delimiters string) error {
	_, err := key.ParseText(text, key.Options{TagDelimiters: delimiters})
	return err
}

// IsFixed reports for package conf whether a text has neither tag parts nor record fields.
func IsFixed(text string) bool {
	t, err := key.ParseText(text, key.Options{})
	return err == nil && t.IsFixed()
}

// CheckZone validates the name of a time zone for package conf.
func CheckZone(name string) error {
	_, err := key.ParseZone(name)
	return err
}
