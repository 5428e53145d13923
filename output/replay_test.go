package output_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"sluice/output/s3test"
)

// noise are records of a kilobyte that do not compress, size bytes of them at least, and the lines that they become.
func noise(seed uint64, size int) (chunk, lines []byte) {
	random := rand.New(rand.NewPCG(seed, 0))
	for len(chunk) < size {
		text := make([]byte, 1000)
		for i := range text {
			text[i] = byte('a' + random.IntN(26))
		}
		chunk = append(chunk, record(string(text))...)
		lines = fmt.Appendf(lines, "{\"date\":\"1970-01-01T00:00:05.000000Z\",\"m\":\"%s\"}\n", text)
	}
	return chunk, lines
}

// TestPutObjectReplays: a whole object that does not fit a part is encoded once more for the request that sends it, and
// again when that is repeated: nothing of it is kept meanwhile.
func TestPutObjectReplays(t *testing.T) {
	for _, compression := range []string{"none", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			r := newRig(t)
			var tried atomic.Int64
			r.s3.SetFault(func(w http.ResponseWriter, req *http.Request) bool {
				if s3test.Kind(req) != "put" || tried.Add(1) > 1 {
					return false
				}
				_, _ = io.CopyN(io.Discard, req.Body, 1<<20) // the rest is not read
				s3test.Fail(w, http.StatusInternalServerError, "InternalError")
				return true
			})
			out := r.open("use_put_object=true", "send_content_md5=true", "compression="+compression)
			var want []byte
			for n := range uint64(12) {
				chunk, lines := noise(n, 2<<20)
				r.flush(out, "app", chunk)
				want = append(want, lines...)
			}
			r.close(out, plenty)
			if r.s3.Len() != 1 || r.s3.Count("put") != 2 || r.s3.Count("create") > 0 {
				t.Errorf("%d objects after %q", r.s3.Len(), r.s3.Requests())
			}
			got := []byte(r.s3.Text())
			if compression == "zstd" {
				decoder, err := zstd.NewReader(bytes.NewReader(got))
				if err != nil {
					t.Fatal(err)
				}
				defer decoder.Close()
				if got, err = io.ReadAll(decoder); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes are stored, and not the %d of the lines", len(got), len(want))
			}
		})
	}
}
