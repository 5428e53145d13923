package output

import (
	"fmt"

	"sluice/conf"
	"sluice/creds"
	"sluice/output/encode"
	"sluice/output/encode/jsonl"
	"sluice/output/key"
	"sluice/output/s3"
)

// encodingOptions returns the options of an object's content.
func encodingOptions(c conf.Config) (o encode.Options, err error) {
	o = encode.Options{
		Options: jsonl.Options{
			DateKey:       c.JSONDateKey,
			EscapeUnicode: c.EscapeUnicode,
			LogKey:        c.LogKey,
		},
		Level: c.Level,
	}
	if err = o.Format.UnmarshalText([]byte(c.Format)); err != nil {
		return o, fmt.Errorf("format: %w", err)
	}
	if err = o.DateFormat.UnmarshalText([]byte(c.JSONDateFormat)); err != nil {
		return o, fmt.Errorf("json_date_format: %w", err)
	}
	if err = o.Compression.UnmarshalText([]byte(c.Compression)); err != nil {
		return o, fmt.Errorf("compression: %w", err)
	}
	if o.Level == 0 { // fixed now: another version may have another default
		o.Level = o.Compression.DefaultLevel()
	}
	return o, nil
}

// keyOptions returns the options of a configuration's key format and texts, whose record fields
// are added to fields.
func keyOptions(c conf.Config, fields *key.Fields) (key.Options, error) {
	zone, err := key.ParseZone(c.TimeZone)
	if err != nil {
		return key.Options{}, fmt.Errorf("time_zone %q %w", c.TimeZone, err)
	}
	return key.Options{TagDelimiters: c.TagDelimiters, Static: c.StaticKey, Zone: zone, Fields: fields}, nil
}

// maxPartBuffer bounds the memory of a part: with compression upload_chunk_size may be
// 5 GB, but a part need not be that large.
const maxPartBuffer = 50_000_000

func storeOptions(o Options) s3.Options {
	c := o.Config
	attempts := 3
	if !c.AutoRetry {
		attempts = 1
	}
	clock := o.Clock
	if c.Endpoint != "" {
		clock = nil // another server's clock may be wrong, and keys expire by AWS's
	}
	return s3.Options{
		Region:       c.Region,
		FindRegion:   o.FindRegion,
		Endpoint:     c.Endpoint,
		UseFIPS:      c.UseFIPS,
		UseDualStack: c.UseDualStack,

		UseAccelerate: c.UseAccelerate,
		PathStyle:     c.PathStyle,
		Credentials:   o.Credentials,
		Clock:         clock,
		Warn:          func(text string) { o.Log.Warn(text) },
		Refused: func(used creds.Credentials) {
			o.Log.Warn("S3 refused the credentials; asking their source for new ones", "credentials", used)
		},
		ContentMD5:  c.ContentMD5,
		PartSize:    partSize(c),
		PartWorkers: c.PartWorkers,
		Whole:       c.PutObject,
		Attempts:    attempts,
		Stall:       c.StallTimeout,
		TLS:         s3.TLS{CAFile: c.CAFile, Insecure: !c.SSLVerify},
		Dial:        o.Dial,
	}
}

// partSize returns a part size with which even an object that is maxOvershoot times
// total_file_size stays within the number of parts that S3 allows.
func partSize(c conf.Config) int64 {
	return max(min(c.PartSize, maxPartBuffer), maxOvershoot*c.TotalFileSize/s3.MaxParts, s3.MinPartSize)
}
