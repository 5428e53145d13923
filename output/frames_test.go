package output

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"sluice/output/encode"
	"sluice/output/record"
	"sluice/spool"
)

// lost is a destination whose server closes the connection without an answer.
type lost struct{}

func (lost) Write([]byte) (int, error) { return 0, fmt.Errorf("create multipart upload: %w", io.EOF) }

// TestWriteFrameToLostConnection: the end of a connection is not the end of a chunk. If it were taken for that, the
// rest of the chunk would be lost.
func TestWriteFrameToLostConnection(t *testing.T) {
	w, err := encode.New(lost{}, encode.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	event := record.AppendStr(append([]byte{0x92, 5, 0x81}, "\xa1m"...), strings.Repeat("x", 1000))
	var chunk []byte
	for range 200 { // more than is gathered before it is written
		chunk = append(chunk, event...)
	}
	var found problems
	if err := writeFrame(w, spool.Frame{Tag: "app", Data: chunk}, &found); !errors.Is(err, io.EOF) || found.count > 0 {
		t.Errorf("writeFrame = %v with %d problems, want the destination's error", err, found.count)
	}
}
