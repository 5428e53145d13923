package credentials

import (
	"io"
	"net/http"
	"strconv"
)

// fault answers the nth request for a path, from 1, instead of the service; false leaves it to the service.
type fault func(n int, w http.ResponseWriter, r *http.Request) bool

// status fails all requests.
func status(code int) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		answer(w, code)
		return true
	}
}

// times ends a fault after n requests.
func times(count int, f fault) fault {
	return func(n int, w http.ResponseWriter, r *http.Request) bool { return n <= count && f(n, w, r) }
}

// silent accepts requests and does not answer until the client has gone. That is what hop limit 1 does to a PUT from a
// container, which only the connection's own packets reach.
func silent(_ int, _ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

// body answers with this text instead of the right one.
func body(text string) fault {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, text)
		return true
	}
}

// truncated announces more than it sends, and closes the connection.
func truncated(_ int, w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", strconv.Itoa(2*len(secret)))
	_, _ = io.WriteString(w, secret)
	return true // the server then closes the connection
}
