package credentials

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/test/testenv"
)

// The paths of the metadata service that may be requested.
const (
	tokenPath    = "/latest/api/token"
	extendedList = "/latest/meta-data/iam/security-credentials-extended/"
	extendedKeys = extendedList + roleName
	legacyList   = "/latest/meta-data/iam/security-credentials/"
	legacyKeys   = legacyList + roleName
)

const (
	roleName = "web-server"
	account  = "123456789012"
	// secret is in each body that must not be logged.
	secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
)

// document is the service's answer for the role.
type document struct {
	Code, Message, LastUpdated, Type    string
	AccessKeyId, SecretAccessKey, Token string
	Expiration                          string
	AccountId                           string `json:",omitempty"`
}

// newDocument returns keys that are valid until a time, rounded down to whole seconds.
func newDocument(keys testenv.Keys, expires time.Time) document {
	return document{
		Code:            "Success",
		Message:         secret,
		Type:            "AWS-HMAC",
		AccountId:       account,
		AccessKeyId:     keys.AccessKeyID,
		SecretAccessKey: keys.SecretAccessKey,
		Token:           keys.SessionToken,
		Expiration:      expires.UTC().Truncate(time.Second).Format(time.RFC3339),
	}
}

// metadata is a metadata service as strict as EC2's. It records requests that a client must never make.
type metadata struct {
	role   func() document // the role's keys
	v1     bool            // also answers without a token
	faults map[string]fault
	host   string // the Host that requests must have

	mu     sync.Mutex // guards what follows
	asked  map[string]int
	wrong  []string
	tokens map[string]bool
	last   document // that was handed out
}

// give records the key that was handed out: the extended path has the same.
func (m *metadata) give(doc document) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = doc
}

func (m *metadata) given() document {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// serve starts the service at a listener until the test ends.
func (m *metadata) serve(t *testing.T, l net.Listener) {
	m.host = strings.TrimSuffix(l.Addr().String(), ":80")
	m.asked, m.tokens = map[string]int{}, map[string]bool{}
	server := httptest.NewUnstartedServer(m)
	_ = server.Listener.Close() // the one that it comes with
	server.Listener = l
	server.Start()
	t.Cleanup(func() {
		server.Close()
		for _, wrong := range m.wrong {
			t.Errorf("the service was asked what no client may ask: %s", wrong)
		}
	})
}

// restart makes the service forget its tokens.
func (m *metadata) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.tokens)
}

// requests counts requests by their paths.
func (m *metadata) requests() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.asked)
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := m.note(r)
	if f := m.faults[r.URL.Path]; f != nil && f(n, w, r) {
		return
	}
	switch {
	case r.URL.Path == tokenPath:
		_, _ = io.WriteString(w, m.newToken())
	case !m.admits(r.Header.Get("X-Aws-Ec2-Metadata-Token")):
		answer(w, http.StatusUnauthorized)
	case r.URL.Path == extendedList || r.URL.Path == legacyList:
		_, _ = io.WriteString(w, roleName)
	case r.URL.Path == legacyKeys:
		doc := m.role()
		m.give(doc)
		doc.AccountId = "" // which this path does not have
		_ = json.NewEncoder(w).Encode(doc)
	case r.URL.Path == extendedKeys:
		_ = json.NewEncoder(w).Encode(m.given())
	default:
		answer(w, http.StatusNotFound)
	}
}

// note counts a request and returns its number at its path.
func (m *metadata) note(r *http.Request) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[r.URL.Path]++
	if wrong := m.complaint(r); wrong != "" {
		m.wrong = append(m.wrong, fmt.Sprintf("%s %s: %s", r.Method, r.URL, wrong))
	}
	return m.asked[r.URL.Path]
}

// complaint returns what is wrong with a request, "" for nothing. An expired token is not wrong.
func (m *metadata) complaint(r *http.Request) string {
	token, ttl := r.Header.Values("X-Aws-Ec2-Metadata-Token"), r.Header.Values("X-Aws-Ec2-Metadata-Token-Ttl-Seconds")
	switch {
	case r.Host != m.host:
		return "host is " + r.Host + " instead of " + m.host
	case r.URL.RawQuery != "" || r.ContentLength != 0 || r.Header.Get("X-Forwarded-For") != "":
		return "a query, a body or a proxy"
	case r.URL.Path != tokenPath && (r.Method != http.MethodGet || len(ttl) != 0 || len(token) > 1):
		return "not a GET with one token at most"
	case r.URL.Path != tokenPath:
		return map[bool]string{true: "", false: "no such path"}[known(r.URL.Path)]
	case r.Method != http.MethodPut || len(token) != 0 || len(ttl) != 1:
		return "not a PUT with a time to live"
	}
	if seconds, err := strconv.Atoi(ttl[0]); err != nil || seconds < 1 || seconds > 21600 {
		return "a time to live of " + ttl[0]
	}
	return ""
}

func known(path string) bool {
	return path == extendedList || path == extendedKeys || path == legacyList || path == legacyKeys
}

func (m *metadata) newToken() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	token := fmt.Sprintf("%s-%d", secret, m.asked[tokenPath])
	m.tokens[token] = true
	return token
}

func (m *metadata) admits(token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens[token] || m.v1 && token == ""
}

// answer fails a request with a body that must not be shown.
func answer(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<html>"+secret+"</html>")
}
