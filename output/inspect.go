package output

import (
	"io"

	"sluice/output/encode"
	"sluice/output/encode/compress"
	"sluice/spool"
)

// Destination returns the bucket and key of a segment with this meta.
func Destination(segmentMeta []byte) (bucket, key string, err error) {
	m, err := parseMeta(segmentMeta)
	return m.Bucket, m.Key, err
}

// Print writes a frame's records as they would be in the object, uncompressed. It returns
// what cannot be read of the frame, or "".
func Print(out io.Writer, segmentMeta []byte, f spool.Frame) (wrong string, err error) {
	m, err := parseMeta(segmentMeta)
	if err != nil {
		return "", err
	}
	o := m.Encoding
	o.Format, o.Compression, o.Level = encode.JSONLines, compress.None, 0 // whatever the object is
	w, err := encode.New(out, o, nil)
	if err != nil {
		return "", err
	}
	var found problems
	if err = writeFrame(w, f, &found); err == nil {
		err = w.Close()
	}
	return found.String(), err
}
