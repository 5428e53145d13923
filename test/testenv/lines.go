package testenv

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Lines is a stream of log lines with one tag. Each line carries an id: Mark and nine digits, counting
// from 0. Every Mark is different, so an id names its tag as well.
type Lines struct {
	Tag, Mark string
	Count     int
	JSON      bool // the lines are JSON objects, else plain text
}

// Orders are the JSON lines of a web shop.
func Orders(count int) Lines { return Lines{Tag: "app.orders", Mark: "ord-", Count: count, JSON: true} }

// Access are the lines of a web server's access log.
func Access(count int) Lines { return Lines{Tag: "web.access", Mark: "req-", Count: count} }

// File is where these lines are in dir.
func (l Lines) File(dir string) string { return filepath.Join(dir, l.Tag+".log") }

// WriteFile writes all lines to their file in dir and returns its size.
func (l Lines) WriteFile(dir string) (int64, error) {
	f, err := os.Create(l.File(dir))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := l.Write(w, 0, l.Count); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Close()
}

// Write writes the lines from first to before end. The same lines are the same bytes, always.
func (l Lines) Write(w io.Writer, first, end int) error {
	for n := first; n < end; n++ {
		if _, err := io.WriteString(w, l.line(n)); err != nil {
			return err
		}
	}
	return nil
}

// epoch is the time of line 0; each line is 3 ms later.
var epoch = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func (l Lines) line(n int) string {
	// one stream for each line, so that any can be made alone
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(l.Mark))))
	id := fmt.Sprintf("%s%09d", l.Mark, n)
	at := epoch.Add(time.Duration(n) * 3 * time.Millisecond)
	if l.JSON {
		return order(r, id, at)
	}
	return access(r, id, at)
}

func order(r *rand.Rand, id string, at time.Time) string {
	status := pick(r, "placed", "placed", "paid", "paid", "packed", "shipped", "refused: card expired")
	return fmt.Sprintf(`{"time":"%s","level":"%s","service":"orders","order_id":"%s","customer":%d,"status":"%s",`+
		`"total":%.2f,"currency":"%s","items":%d,"address":{"city":"%s","zip":"%05d"},`+
		`"express":%t,"latency_ms":%d}`+"\n",
		at.Format(time.RFC3339Nano), pick(r, "info", "info", "info", "warn"), id, r.IntN(90000)+10000, status,
		r.Float64()*400, pick(r, "EUR", "USD", "SEK"), r.IntN(9)+1, pick(r, "Köln", "Lyon", "Malmö", "São Paulo",
			"Portland"),
		r.IntN(99999), r.IntN(4) == 0, r.IntN(250))
}

func access(r *rand.Rand, id string, at time.Time) string {
	return fmt.Sprintf(`203.0.113.%d - - [%s] "%s /%s/%d HTTP/1.1" %s %d `+
		`"https://shop.example/" "%s" rid=%s rt=0.%03d`+"\n",
		r.IntN(254)+1, at.Format("02/Jan/2006:15:04:05 -0700"), pick(r, "GET", "GET", "GET", "POST"),
		pick(r, "product", "basket", "search", "static/img"), r.IntN(100000), pick(r, "200", "200", "200", "304", "404",
			"502"),
		r.IntN(60000), pick(r, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
			"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", "curl/8.17.0"),
		id, r.IntN(1000))
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }
