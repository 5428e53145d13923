package testenv

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Fault is what happens to a request on its way.
type Fault int

const (
	NoFault       Fault = iota
	Slow                // passes it on after up to a second
	SlowDown            // answers 503 SlowDown, without passing it on
	InternalError       // answers 500 InternalError, without passing it on
	LoseAnswer          // passes it on and breaks the connection instead of answering
	Reset               // reads a part of it and resets the connection
	Hang                // reads it and never answers
)

func (f Fault) String() string {
	return [...]string{"none", "slow", "503", "500", "answer lost", "reset", "hang"}[f]
}

// slowest is the longest that a slow request waits.
const slowest = time.Second

// Serve does to a request what the fault does, and has h answer it if it is to have an answer. how is how
// much of the fault, 0 to 1.
func (f Fault) Serve(how float64, h http.Handler, w http.ResponseWriter, r *http.Request) {
	switch f {
	case NoFault:
		h.ServeHTTP(w, r)
	case Slow:
		if wait(r, time.After(time.Duration(how*float64(slowest)))) {
			h.ServeHTTP(w, r)
		}
	case SlowDown:
		refuse(w, r, http.StatusServiceUnavailable, "SlowDown")
	case InternalError:
		refuse(w, r, http.StatusInternalServerError, "InternalError")
	case LoseAnswer:
		h.ServeHTTP(unheard{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case Reset:
		_, _ = io.CopyN(io.Discard, r.Body, int64(how*float64(r.ContentLength))) // the client may be gone
		reset(w)
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body)
		wait(r, nil)
	}
}

// wait waits for a time, and returns false if the client or the server goes away before.
func wait(r *http.Request, until <-chan time.Time) bool {
	select {
	case <-until:
		return true
	case <-r.Context().Done():
	}
	return false
}

// refuse answers as S3 does. It reads the request first: otherwise the client might not hear the answer.
func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>so it is today</Message></Error>", code)
}

// reset ends a connection with RST: what is under way is thrown away on both sides.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // breaks the connection, too
	}
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// unheard discards an answer.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(b []byte) (int, error) { return len(b), nil }
func (u unheard) WriteHeader(int)             {}
