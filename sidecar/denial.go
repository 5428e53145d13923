package sidecar

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// denial is an answer without credentials. It reveals nothing of the
// configuration, such as which services there are, and nothing of the request.
// It is immutable.
type denial struct {
	status     int
	code       string // as AWS would name it
	message    string
	retryAfter int    // seconds; 0 for no such header
	result     string // CredProxy's metric label
}

// The denials that do not depend on the request. Wrong, old and removed tokens
// look alike.
var (
	denyNoToken = &denial{
		status:  http.StatusUnauthorized,
		code:    "MissingAuthenticationToken",
		message: "Authorization header required",
		result:  "denied_missing_token",
	}
	denyBadToken = &denial{
		status:  http.StatusUnauthorized,
		code:    "InvalidToken",
		message: "Invalid authorization token",
		result:  "denied_invalid_token",
	}
	denyEnded     = newDenial(http.StatusForbidden, "AccessDenied", "The grant has expired")
	denyHost      = newDenial(http.StatusForbidden, "AccessDenied", "Host not allowed")
	denyForwarded = newDenial(http.StatusForbidden, "AccessDenied", "Forwarded requests are not allowed")
	denyWebPage   = newDenial(http.StatusForbidden, "AccessDenied", "Requests of web pages are not allowed")
	denyNotFound  = newDenial(http.StatusNotFound, "NotFound", "Not found")
	denyMethod    = newDenial(http.StatusMethodNotAllowed, "MethodNotAllowed", "Method not allowed")
	denyBody      = newDenial(http.StatusRequestEntityTooLarge, "RequestTooLarge", "Request too large")
)

func newDenial(status int, code, message string) *denial {
	return &denial{
		status:  status,
		code:    code,
		message: message,
		result:  "error",
	}
}

// denyTooMany is for a client that asks too often.
func denyTooMany(retryAfter int) *denial {
	d := newDenial(http.StatusTooManyRequests, "ThrottlingException", "Too many requests")
	d.retryAfter = retryAfter
	return d
}

// denyUnavailable is for a service that has no key at the moment. The reason is "" if it is not to be told.
func denyUnavailable(retryAfter int, reason string) *denial {
	message := "Credentials are not available now"
	if reason != "" {
		message += ": " + reason
	}
	d := newDenial(http.StatusServiceUnavailable, "ServiceUnavailable", message)
	d.retryAfter = retryAfter
	return d
}

// writeJSON answers as ECS's service does. CredProxy calls the message "error".
func (d *denial) writeJSON(w http.ResponseWriter) {
	d.writeHeader(w, "application/json")
	json.NewEncoder(w).Encode(map[string]string{"code": d.code, "message": d.message, "error": d.message})
}

// writeText answers with one line.
func (d *denial) writeText(w http.ResponseWriter) {
	d.writeHeader(w, "text/plain; charset=utf-8")
	w.Write([]byte(d.message + "\n"))
}

func (d *denial) writeHeader(w http.ResponseWriter, contentType string) {
	setHeaders(w, contentType)
	if d.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(d.retryAfter))
	}
	if d.status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(d.status)
}

// setHeaders sets the headers of every answer: no cache may keep it, and no web
// page may read it.
func setHeaders(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}
