package imds_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/imds"
)

// TestNotHTTP: an answer that is not HTTP may be a secret, and is not shown.
func TestNotHTTP(t *testing.T) {
	const planted = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for name, raw := range map[string]string{
		"not HTTP":     planted + "\r\n\r\n",
		"status":       "HTTP/1.1 " + planted + "\r\n\r\n",
		"header":       "HTTP/1.1 200 OK\r\n" + planted + "\r\n\r\n",
		"redirect":     "HTTP/1.1 302 Found\r\nLocation: http://[" + planted + "\r\n\r\n",
		"trailer":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + planted + "\r\n\r\n",
		"chunk's size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + planted + "\r\n",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, raw)
		}))
		_, err := imds.New(imds.Options{Endpoint: server.URL, Pause: noPause}).Get(t.Context(), "/x")
		if err == nil || !strings.Contains(err.Error(), "the answer is not HTTP") {
			t.Errorf("%s: %v", name, strings.ReplaceAll(err.Error(), planted, "(the answer)"))
		}
		server.Close()
	}
}
