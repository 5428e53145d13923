package sidecar

import (
	"net/http"
	"strconv"
	"time"
)

// signedAnswer counts an answer, and fails when the client stands still.
type signedAnswer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	bytes   int64
	denied  bool
}

// Unwrap is for http.ResponseController.
func (a *signedAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader passes the status on.
func (a *signedAnswer) WriteHeader(status int) {
	a.extend()
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *signedAnswer) Write(p []byte) (int, error) {
	a.extend()
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

func (a *signedAnswer) extend() { _ = a.control.SetWriteDeadline(time.Now().Add(stallTimeout)) }

// deny answers in place of the upstream.
func (a *signedAnswer) deny(d *denial) {
	a.denied = true
	d.writeJSON(a)
}

// result is the label for the metrics: who answered, and how.
func (a *signedAnswer) result() string {
	switch {
	case a.denied || a.status == 0:
		return "error"
	case a.status < http.StatusBadRequest:
		return "success"
	}
	return "upstream_" + strconv.Itoa(a.status/100) + "xx"
}
