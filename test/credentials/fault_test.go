package credentials

import (
	"io"
	"net/http"
	"strconv"
)

// fault answers a path's nth request, from 1, in the service's place; false leaves it to the service.
type fault func(n int, w http.ResponseWriter, r *http.Request) bool

// status fails all requests.
func status(code int) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, code)
		return true
	}
}

// times ends a fault after so many requests.
func times(count int, f fault) fault {
	return func(n int, w http.ResponseWriter, r *http.Request) bool { return n <= count && f(n, w, r) }
}

// silent takes requests and says nothing until the client has gone: what hop limit 1 makes of a PUT from within a
// container, to which only the connection's own packets come back.
func silent(_ int, _ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

// body answers this text instead of the right one.
func body(text string) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, text)
		return true
	}
}

// truncated promises more than it sends and closes the connection.
func truncated(_ int, w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", strconv.Itoa(2*len(secret)))
	_, _ = io.WriteString(w, secret)
	return true // the server closes what it cannot keep
}
