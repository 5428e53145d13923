package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	planted  = "PLANTED7secret"
	document = `{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"x","SessionToken":"y",` +
		`"Expiration":"2037-01-31T00:00:00Z"}` + "\n"
)

func TestSourceOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		want source
	}{
		{"nothing", nil, source{"", "", [2]string{"SLUICE_CREDENTIAL_URL", "SLUICE_CREDENTIAL_TOKEN"}}},
		{"ours", map[string]string{"SLUICE_CREDENTIAL_URL": "u", "SLUICE_CREDENTIAL_TOKEN": "t"},
			source{"u", "t", [2]string{"SLUICE_CREDENTIAL_URL", "SLUICE_CREDENTIAL_TOKEN"}}},
		{"the older",
			map[string]string{
				"AGENTOPS_CREDENTIAL_URL":   "u",
				"AGENTOPS_CREDENTIAL_TOKEN": "t",
				"SLUICE_CREDENTIAL_TOKEN":   "x",
			},
			source{"u", "t", [2]string{"AGENTOPS_CREDENTIAL_URL", "AGENTOPS_CREDENTIAL_TOKEN"}}},
		{"moat's",
			map[string]string{
				"MOAT_AWS_CREDENTIAL_URL":   "m",
				"MOAT_AWS_CREDENTIAL_TOKEN": "n",
				"AGENTOPS_CREDENTIAL_URL":   "a",
				"SLUICE_CREDENTIAL_TOKEN":   "x",
			},
			source{"m", "n", [2]string{"MOAT_AWS_CREDENTIAL_URL", "MOAT_AWS_CREDENTIAL_TOKEN"}}},
		{"both",
			map[string]string{
				"AGENTOPS_CREDENTIAL_URL":   "a",
				"AGENTOPS_CREDENTIAL_TOKEN": "b",
				"MOAT_AWS_CREDENTIAL_URL":   "m",
				"SLUICE_CREDENTIAL_URL":     "u",
				"SLUICE_CREDENTIAL_TOKEN":   "t",
			},
			source{"u", "t", [2]string{"SLUICE_CREDENTIAL_URL", "SLUICE_CREDENTIAL_TOKEN"}}},
	} {
		if got := sourceOf(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("%s: sourceOf = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// sidecar answers as sluice serve does, except at some paths, where the answer is wrong.
func sidecar(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/empty":
	case r.URL.Path == "/container":
		io.WriteString(w, `{"AccessKeyId":"`+planted+`"}`)
	case strings.HasPrefix(r.URL.Path, "/document/"):
		io.WriteString(w, documents()[r.URL.Path[len("/document/"):]])
	case r.URL.Path == "/page":
		io.WriteString(w, "<html>"+planted)
	case r.URL.Path == "/escapes":
		http.Error(w, "a\x1b[31mb\x07", http.StatusTeapot)
	case r.URL.Path == "/json":
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":"`+planted+`"}`)
	case r.Header.Get("Authorization") != "Bearer "+planted:
		http.Error(w, "Invalid authorization token", http.StatusUnauthorized)
	case r.URL.RequestURI() == "/_aws/credentials" || r.URL.RequestURI() == "/?q=1":
		io.WriteString(w, document)
	default:
		http.NotFound(w, r)
	}
}

// documents returns documents that are not valid, by what is wrong with them.
func documents() map[string]string {
	without := func(old, new string) string { return strings.Replace(document, old, new, 1) }
	return map[string]string{
		"garbage":       `{"Version" garbage}`,
		"two":           document + document,
		"version":       without(`"Version":1`, `"Version":2`),
		"no-id":         without(`"ASIAIOSFODNN7EXAMPLE"`, `""`),
		"no-secret":     without(`"SecretAccessKey":"x",`, ""),
		"no-expiration": without("2037-01-31T00:00:00Z", "soon"),
		"expired":       without("2037", "2017"),
	}
}

// TestFetchWantsCredentials: a document that is not valid fails here, and not in an SDK.
func TestFetchWantsCredentials(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(sidecar))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for name, want := range map[string]string{
		"garbage":       "something other than a document for credential_process: use the path /_aws/credentials",
		"two":           "something other than a document for credential_process: use the path /_aws/credentials",
		"version":       "a document whose Version is not 1",
		"no-id":         "a document without AccessKeyId or SecretAccessKey",
		"no-secret":     "a document without AccessKeyId or SecretAccessKey",
		"no-expiration": "a document whose Expiration is not a valid RFC 3339 time",
		"expired":       "credentials that have expired",
	} {
		got, err := fetch(source{server.URL + "/document/" + name, planted, [2]string{"URL", "TOKEN"}},
			time.Now().Add(10*time.Second))
		if want = host + " answers " + want; err == nil || err.Error() != want {
			t.Errorf("%s: fetch = %q, %v, want %q", name, got, err, want)
		}
	}
}

// TestFetchReadsAllAndNoMore: an answer that is cut off fails, and an open connection is not read beyond the answer.
func TestFetchReadsAllAndNoMore(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		open         bool // the connection stays
		want         string
	}{
		{"whole", "HTTP/1.1 200 OK\r\ncontent-length: LENGTH\r\n\r\n" + document, false, ""},
		{"whole, open", "HTTP/1.1 200 OK\r\nContent-Length: LENGTH\r\n\r\n" + document, true, ""},
		{"without a length, open", "HTTP/1.1 200 OK\r\n\r\n" + document, true, ""},
		{"a refusal, open", "HTTP/1.1 503 X\r\nContent-Length: 5\r\n\r\nlater", true, "ADDR answers 503: later"},
		{"a refusal without a length, open", "HTTP/1.1 503 X\r\n\r\nlater", true, "ADDR answers 503: later"},
		{"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + document, false,
			"no answer from ADDR: the connection was closed"},
		{"cut off, without a length", "HTTP/1.1 200 OK\r\n\r\n" + document[:40], false,
			"no answer from ADDR: the connection was closed"},
		{"no length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n" + document, false,
			"no answer from ADDR: its Content-Length is not a valid length"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Ver", true,
			"no answer from ADDR: it answers HTTP/1.0 with a chunked body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				conn.Read(make([]byte, 1024))
				io.WriteString(conn, strings.Replace(tt.answer, "LENGTH", fmt.Sprint(len(document)), 1))
				if tt.open {
					io.Copy(io.Discard, conn) // until the helper closes it
				}
			}()
			got, err := fetch(source{"http://" + l.Addr().String() + "/", planted, [2]string{"URL", "TOKEN"}},
				time.Now().Add(time.Hour))
			want := strings.ReplaceAll(tt.want, "ADDR", l.Addr().String())
			if want == "" && (err != nil || string(got) != document) ||
				want != "" && (err == nil || err.Error() != want) {
				t.Errorf("fetch = %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestFetch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(sidecar))
	defer server.Close()
	socket := filepath.Join(t.TempDir(), "socket")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(sidecar))
	defer l.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, tt := range []struct{ name, url, token, want string }{
		{"a document", "URL/_aws/credentials", planted, ""},
		{"another path", "URL/?q=1", planted, ""},
		{"a socket", "unix:" + socket, planted, ""},
		{"no address", "", planted,
			"SLUICE_CREDENTIAL_URL is not set: set it to the sidecar's address, for example " +
				"http://127.0.0.1:1338/_aws/credentials"},
		{"no token", "URL/", "", "SLUICE_CREDENTIAL_TOKEN is not set: set it to the service's token"},
		{"a token of two lines", "URL/", planted + "\r\nX: y",
			"SLUICE_CREDENTIAL_TOKEN has a line break: write the token on one line"},
		{"an address of two lines", "URL/\nX: y", planted,
			"SLUICE_CREDENTIAL_URL contains a space or a line break: remove it"},
		{"https", "https://127.0.0.1/", planted, "SLUICE_CREDENTIAL_URL does not begin with http:// or unix:/"},
		{"a user", "http://a:" + planted + "@127.0.0.1/", planted,
			"SLUICE_CREDENTIAL_URL has no host, or contains a user: write http://host:port/path"},
		{"a wrong token", "URL/_aws/credentials", "wrong", "HOST answers 401: Invalid authorization token"},
		{"a wrong path", "URL/elsewhere", planted, "HOST answers 404: 404 page not found"},
		{"an answer in JSON", "URL/json", planted, "HOST answers 503"},
		{"control characters", "URL/escapes", planted, "HOST answers 418: a[31mb"},
		{"nothing", "URL/empty", planted,
			"HOST answers something other than a document for credential_process: use the path /_aws/credentials"},
		{"the container's document", "URL/container", planted,
			"HOST answers something other than a document for credential_process: use the path /_aws/credentials"},
		{"a page", "URL/page", planted,
			"HOST answers something other than a document for credential_process: use the path /_aws/credentials"},
		{"nobody there", "http://127.0.0.1:1", planted, "no answer from 127.0.0.1:1: connection refused"},
		{"no socket", "unix:/nonexistent", planted, "no answer from /nonexistent: no such file or directory"},
		{"no answer", "http://" + mute.Addr().String() + "/", planted,
			"no answer from " + mute.Addr().String() + ": timed out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wait := 10 * time.Second
			if tt.name == "no answer" {
				wait = 50 * time.Millisecond
			}
			s := source{
				strings.Replace(tt.url, "URL", server.URL, 1),
				tt.token,
				[2]string{"SLUICE_CREDENTIAL_URL", "SLUICE_CREDENTIAL_TOKEN"},
			}
			got, err := fetch(s, time.Now().Add(wait))
			want := strings.ReplaceAll(tt.want, "HOST", strings.TrimPrefix(server.URL, "http://"))
			if want == "" && (err != nil || string(got) != document) ||
				want != "" && (err == nil || err.Error() != want) {
				t.Errorf("fetch = %q, %v, want %q", got, err, want)
			}
			if err != nil && strings.Contains(err.Error(), planted) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestReadAnswer(t *testing.T) {
	for _, tt := range []struct{ answer, status, body, err string }{
		{"HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody", "200", "body", ""},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbody", "200", "bod", ""},
		{"HTTP/1.1 503\n\n", "503", "", ""},
		{"SSH-2.0-OpenSSH\r\n", "", "", "it does not speak HTTP"},
		{"HTTP/1.0 200 OK\r\nA: b", "", "", "EOF"},
		{"", "", "", "EOF"},
	} {
		got, err := readAnswer(strings.NewReader(tt.answer))
		body := []byte{}
		if err == nil {
			body, err = io.ReadAll(got.body)
		}
		if got.status != tt.status || string(body) != tt.body ||
			fmt.Sprint(err) != map[bool]string{true: "<nil>", false: tt.err}[tt.err == ""] {
			t.Errorf("readAnswer(%q) = %q, %q, %v, want %q, %q, %s",
				tt.answer, got.status, body, err, tt.status, tt.body, tt.err)
		}
	}
}

func TestSplitURL(t *testing.T) {
	for url, want := range map[string]string{
		"http://localhost:1338/_aws/credentials": "tcp localhost:1338 localhost:1338 /_aws/credentials",
		"http://169.254.170.2/x?y":               "tcp 169.254.170.2:80 169.254.170.2 /x?y",
		"http://[fd00:ec2::23]/x":                "tcp [fd00:ec2::23]:80 [fd00:ec2::23] /x",
		"http://[::1]:80":                        "tcp [::1]:80 [::1]:80 /",
		"unix:///run/s":                          "unix /run/s localhost /_aws/credentials",
	} {
		network, address, host, path, err := splitURL(url)
		if got := strings.Join([]string{network, address, host, path}, " "); err != nil || got != want {
			t.Errorf("splitURL(%s) = %s, %v, want %s", url, got, err, want)
		}
	}
}
