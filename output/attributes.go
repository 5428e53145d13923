package output

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"sluice/conf"
	"sluice/output/encode/compress"
	"sluice/output/key"
	"sluice/output/s3"
)

// pair is a tag or a metadatum whose value may have tag parts and record fields.
type pair struct {
	name  string
	value key.Text
}

// attributes make what an object is stored with.
type attributes struct {
	config         conf.Config
	tags, metadata []pair
	fields         []key.Text // those of them with record fields
}

// newAttributes parses what has tag parts and record fields.
func newAttributes(c conf.Config, o key.Options) (a attributes, err error) {
	a.config = c
	if a.tags, err = parsePairs(c.Tags, o); err != nil {
		return a, fmt.Errorf("tags: %w", err)
	}
	if a.metadata, err = parsePairs(c.Metadata, o); err != nil {
		return a, fmt.Errorf("metadata: %w", err)
	}
	for _, p := range slices.Concat(a.tags, a.metadata) {
		if p.value.HasFields() {
			a.fields = append(a.fields, p.value)
		}
	}
	return a, nil
}

func parsePairs(from []conf.Pair, o key.Options) (pairs []pair, err error) {
	for _, each := range from {
		value, err := key.ParseText(each.Value, o)
		if err != nil {
			return nil, fmt.Errorf("%s %w", each.Name, err)
		}
		pairs = append(pairs, pair{each.Name, value})
	}
	return pairs, nil
}

// CheckCustomerKey validates the file of a key for SSE-C for package conf.
func CheckCustomerKey(file string) error {
	_, err := s3.ReadCustomerKey(file)
	return err
}

// stream returns the tag's parts in the attributes: objects are shared only by chunks that
// agree in them.
func (a attributes) stream(tag string) string {
	var b strings.Builder
	for _, pairs := range [][]pair{a.tags, a.metadata} {
		for _, p := range pairs {
			if part := p.value.Stream(tag); part != "" {
				b.WriteString("\x00" + part)
			}
		}
	}
	return b.String()
}

// appendFields appends what fields make of the attributes: objects are shared only by records that
// agree in it.
func (a *attributes) appendFields(dst []byte, from key.Source) []byte {
	for _, text := range a.fields {
		dst = text.AppendFields(dst, from)
	}
	return dst
}

// render returns the attributes of an object that is opened now with records of a tag.
func (a attributes) render(tag string, from key.Source, codec compress.Codec, now time.Time) s3.Attributes {
	c := a.config
	r := s3.Attributes{
		ContentType: c.ContentType, ContentEncoding: contentEncoding(c, codec), CacheControl: c.CacheControl,
		ACL: c.CannedACL, StorageClass: c.StorageClass,
		GrantFullControl: c.GrantFullControl, GrantRead: c.GrantRead,
		GrantReadACP: c.GrantReadACP, GrantWriteACP: c.GrantWriteACP,
		SSE: c.SSE, SSEKeyID: c.SSEKeyID, SSEBucketKey: c.SSEBucketKey, SSEContext: c.SSEContext,
		CustomerKeyFile: c.SSECustomerKeyFile,
		Checksum:        checksum(c),
		LockMode:        c.LockMode, LegalHold: c.LegalHold,
		ExpectedOwner: c.ExpectedOwner, RequestPayer: c.RequestPayer,
	}
	if c.LockMode != "" {
		r.LockUntil = now.Add(c.LockRetain).UTC().Truncate(time.Second)
	}
	query := url.Values{}
	for _, t := range a.tags {
		query.Set(t.name, tagValue(t.value.Render(tag, from)))
	}
	r.Tags = query.Encode()
	r.Metadata = a.renderMetadata(tag, from)
	return r
}

// renderMetadata returns what fits into headers: of what tag parts bring, other characters than
// printable ASCII are replaced, and what is too long is cut.
func (a attributes) renderMetadata(tag string, from key.Source) map[string]string {
	if len(a.metadata) == 0 {
		return nil
	}
	left := conf.MaxMetadata
	for _, m := range a.metadata {
		left -= len(m.name)
	}
	all := make(map[string]string, len(a.metadata))
	for _, m := range a.metadata {
		value := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '_'
			}
			return r
		}, m.value.Render(tag, from))
		value = value[:min(len(value), max(0, left))]
		left -= len(value)
		all[m.name] = value
	}
	return all
}

// notInTag matches what S3 does not take in a tag's value.
var notInTag = regexp.MustCompile(`[^\p{L}\p{Z}\p{N}_.:/=+@-]`)

// tagValue returns a text as a tag's value: Fluent Bit's tags may have any character.
func tagValue(text string) string {
	runes := []rune(notInTag.ReplaceAllString(text, "_"))
	return string(runes[:min(len(runes), conf.MaxTagValue)])
}

// checksum returns the configured checksum, "" for none.
func checksum(c conf.Config) string {
	if c.Checksum == "none" {
		return ""
	}
	return c.Checksum
}

// contentEncoding returns the header that is configured, or else the compression's.
func contentEncoding(c conf.Config, codec compress.Codec) string {
	if strings.EqualFold(c.ContentEncoding, "none") {
		return ""
	}
	return cmp.Or(c.ContentEncoding, codec.ContentEncoding())
}
