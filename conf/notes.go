package conf

import (
	"path/filepath"
	"strings"
	"time"
)

// largestChunk is how much of one tag Fluent Bit hands over at once, about (include/fluent-bit/flb_input_chunk.h).
const largestChunk = 2_048_000

// lookOver adds warnings about what is valid but probably a mistake.
func (c *Config) lookOver() {
	switch {
	case c.StoreLimit == 0:
	case c.StoreLimit < largestChunk:
		c.warn("raise store_dir_limit_size %d above %d: the spool refuses chunks that do not fit, "+
			"and Fluent Bit's have up to 2 MB", c.StoreLimit, largestChunk)
	case c.StoreLimit < c.TotalFileSize:
		c.warn("raise store_dir_limit_size %d above total_file_size %d: the spool is full before an object is, "+
			"so objects are smaller", c.StoreLimit, c.TotalFileSize)
	}
	if !filepath.IsAbs(c.StoreDir) {
		c.warn("write store_dir %s with its whole path: where it is depends on the folder that Fluent Bit starts in",
			c.StoreDir)
	}
	for ending, codec := range map[string]string{".gz": "gzip", ".zst": "zstd"} {
		if strings.HasSuffix(c.KeyFormat, ending) && c.Compression != codec {
			c.warn("set compression %s, or take %s from the end of s3_key_format: objects have compression %s",
				codec, ending, c.Compression)
		}
	}
}

// Notes returns what is valid but probably a mistake, each with a remedy. "sluice check" prints them; unlike Warnings,
// they are not logged when an output starts.
func (c Config) Notes() (notes []string) {
	if c.StaticKey && !strings.Contains(c.KeyFormat, "$UUID") && !strings.Contains(c.KeyFormat, "$INDEX") {
		notes = append(notes, "put $UUID into s3_key_format, or set static_file_path off: "+
			"an object overwrites the one before that has its key")
	}
	if c.DropExhausted {
		if c.RetryLimit == Unlimited {
			notes = append(notes, "set upload_retry_limit, too, or remove retry_exhausted_action: uploads are retried "+
				"forever, so nothing is deleted")
		} else {
			notes = append(notes, "set retry_exhausted_action quarantine to lose nothing: delete removes what could "+
				"not be uploaded")
		}
	}
	if c.UploadTimeout > 24*time.Hour {
		notes = append(notes, "lower upload_timeout if that is too late: an object that does not fill appears in the "+
			"bucket after "+c.UploadTimeout.String())
	}
	return append(notes, c.keyNotes()...)
}
