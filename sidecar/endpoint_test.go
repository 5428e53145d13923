package sidecar

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/sidecar/config"
)

// allFaces is a listener with everything.
func allFaces() config.Listener {
	return config.Listener{
		Address: "127.0.0.1:1338",
		Faces:   []string{config.FaceContainer, config.FacePodIdentity, config.FaceProcess, config.FaceIMDS},
		Hosts:   []string{"sidecar.internal"},
		IMDS: &config.IMDS{
			Service:    "one",
			HopLimit:   1,
			Region:     "eu-central-1",
			InstanceID: "i-1234567890abcdef0",
			AccountID:  "123456789012",
		},
	}
}

const two = one + `  two:
    auth_token: [` + tokenTwo + `, ` + tokenTwo + `-next]
    assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/two"}
  over:
    auth_token: ` + planted + `-token-of-over
    expires: 2020-01-01T00:00:00Z
    assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/over"}
`

// TestDenials: each denial answers what is documented, and nothing more.
func TestDenials(t *testing.T) {
	b := newTestServer(t, two)
	auth := "Authorization: " + tokenOne
	long := strings.Repeat("x", 4096)
	jsonBody := func(code, message string) string {
		return `{"code":"` + code + `","error":"` + message + `","message":"` + message + `"}` + "\n"
	}
	var (
		noToken  = jsonBody("MissingAuthenticationToken", "Authorization header required")
		badToken = jsonBody("InvalidToken", "Invalid authorization token")
		notFound = jsonBody("NotFound", "Not found")
		badHost  = jsonBody("AccessDenied", "Host not allowed")
	)
	for _, tt := range []struct {
		name    string
		request []string
		status  int
		body    string
	}{
		{"no token", []string{"GET /v1/credentials"}, 401, noToken},
		{"an empty token", []string{"GET /v1/credentials", "Authorization: "}, 401, noToken},
		{"a wrong token", []string{"GET /v1/credentials", "Authorization: wrong"}, 401, badToken},
		{"a prefix of a token", []string{"GET /v1/credentials", "Authorization: " + tokenOne[:len(tokenOne)-1]}, 401,
			badToken},
		{"a token and more", []string{"GET /v1/credentials", auth + "x"}, 401, badToken},
		{"two tokens", []string{"GET /v1/credentials", auth, auth}, 401, badToken},
		{"Bearer where none is known", []string{"GET /v1/credentials", "Authorization: Bearer " + tokenOne}, 401,
			badToken},
		{"a long token", []string{"GET /v1/credentials", "Authorization: " + long}, 401, badToken},
		{"an expired grant", []string{"GET /v1/credentials", "Authorization: " + planted + "-token-of-over"}, 403,
			jsonBody("AccessDenied", "The grant has expired")},
		{"another's role", []string{"GET /role/two", auth}, 401, badToken},
		{"a role that is not there", []string{"GET /role/nobody", auth}, 401, badToken},
		{"a role without a token", []string{"GET /role/one"}, 401, noToken},
		{"a foreign Host", []string{"GET /v1/credentials", auth, "Host: evil.example"}, 403, badHost},
		{"a foreign Host that looks like ours",
			[]string{"GET /v1/credentials", auth, "Host: localhost.evil.example:1338"}, 403, badHost},
		{"a foreign address", []string{"GET /v1/credentials", auth, "Host: 10.0.0.1"}, 403, badHost},
		{"no Host", []string{"GET /v1/credentials", auth, "Host: "}, 403, badHost},
		{"a foreign Host for health", []string{"GET /health", "Host: evil.example"}, 403, badHost},
		{"a foreign Host for nothing", []string{"GET /", "Host: evil.example"}, 403, badHost},
		{"forwarded", []string{"GET /v1/credentials", auth, "X-Forwarded-For: 10.0.0.1"}, 403,
			jsonBody("AccessDenied", "Forwarded requests are not allowed")},
		{"forwarded from nobody", []string{"GET /v1/credentials", auth, "X-Forwarded-For: "}, 403,
			jsonBody("AccessDenied", "Forwarded requests are not allowed")},
		{"a page's", []string{"GET /v1/credentials", auth, "Origin: http://localhost"}, 403,
			jsonBody("AccessDenied", "Requests of web pages are not allowed")},
		{"POST", []string{"POST /v1/credentials", auth}, 405, jsonBody("MethodNotAllowed", "Method not allowed")},
		{"OPTIONS", []string{"OPTIONS /v1/credentials"}, 405, jsonBody("MethodNotAllowed", "Method not allowed")},
		{"no path", []string{"GET /", auth}, 404, notFound},
		{"dots", []string{"GET /x/../v1/credentials", auth}, 404, notFound},
		{"two slashes", []string{"GET //v1/credentials", auth}, 404, notFound},
		{"a slash more", []string{"GET /v1/credentials/", auth}, 404, notFound},
		{"an escape", []string{"GET /v1%2Fcredentials", auth}, 404, notFound},
		{"a needless escape", []string{"GET /v1/%63redentials", auth}, 404, notFound},
		{"other letters", []string{"GET /V1/Credentials", auth}, 404, notFound},
		{"metrics", []string{"GET /metrics", auth}, 404, notFound},
		{"process: no token", []string{"GET /_aws/credentials"}, 401, "Authorization header required\n"},
		{"process: no Bearer", []string{"GET /_aws/credentials", auth}, 401, "Invalid authorization token\n"},
		{"process: wrong", []string{"GET /_aws/credentials", "Authorization: Bearer wrong"}, 401,
			"Invalid authorization token\n"},
		{"imds: no token", []string{"GET /latest/meta-data/"}, 401, "Unauthorized\n"},
		{"imds: a made-up token",
			[]string{"GET /latest/meta-data/", "X-aws-ec2-metadata-token: " + strings.Repeat("A", 64)},
			401, "Unauthorized\n"},
		{"imds: no life", []string{"PUT /latest/api/token"}, 400, "Bad Request\n"},
		{"imds: a life of nothing", []string{"PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 0"}, 400,
			"Bad Request\n"},
		{"imds: a long life", []string{"PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21601"}, 400,
			"Bad Request\n"},
		{"imds: forwarded",
			[]string{"PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60", "X-Forwarded-For: 10.0.0.1"},
			403, "Forwarded requests are not allowed\n"},
		{"imds: GET a token", []string{"GET /latest/api/token"}, 405, "Method not allowed\n"},
		{"imds: PUT data", []string{"PUT /latest/meta-data/"}, 405, "Method not allowed\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := b.ask(allFaces(), tt.request[0], tt.request[1:]...)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%q: %d %q, want %d %q", tt.request[0], w.Code, w.Body, tt.status, tt.body)
			}
			allowed := []string{"Allow", "Cache-Control", "Content-Type", "X-Content-Type-Options"}
			for _, name := range slices.Sorted(maps.Keys(w.Header())) {
				if !slices.Contains(allowed, name) {
					t.Errorf("the answer has a header %s, want none but %v", name, allowed)
				}
			}
		})
	}
	if n := b.sts.calls.Load(); n != 0 {
		t.Errorf("STS was asked %d times, want never", n)
	}
}

// TestCalledAddress: the address that was called is allowed as Host.
func TestCalledAddress(t *testing.T) {
	b := newTestServer(t, one)
	for host, want := range map[string]int{"10.1.2.3": 200, "10.1.2.3:1338": 200, "10.1.2.4": 403, "sidecar": 403} {
		r := request("GET /v1/credentials", "Authorization: "+tokenOne, "Host: "+host)
		called := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 1338}
		w := newRecorder(b, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(called))))
		if w.Code != want {
			t.Errorf("Host %s at 10.1.2.3: %d, want %d", host, w.Code, want)
		}
		if got := w.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q, want no-store", got)
		}
	}
}

// TestBodies: a request with a large body is denied.
func TestBodies(t *testing.T) {
	b := newTestServer(t, one)
	for length, want := range map[int64]int{0: 200, 1024: 200, 1025: 413, 1 << 40: 413, -1: 413} {
		r := request("GET /v1/credentials", "Authorization: "+tokenOne)
		r.ContentLength = length
		w := newRecorder(b, r)
		if w.Code != want {
			t.Errorf("a body of %d bytes: %d, want %d", length, w.Code, want)
		}
		if closes := w.Header().Get("Connection") == "close"; closes != (want == 413) {
			t.Errorf("a body of %d bytes: the connection is closed: %t", length, closes)
		}
	}
}

// TestFaces: each face answers in the form that AWS SDKs read.
func TestFaces(t *testing.T) {
	b := newTestServer(t, two)
	l := allFaces()
	session := b.ask(l, "PUT /latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60")
	if session.Code != 200 || session.Header().Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "60" {
		t.Fatalf("PUT token: %d %v", session.Code, session.Header())
	}
	imds := "X-aws-ec2-metadata-token: " + session.Body.String()
	const someTime = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
	fill := strings.NewReplacer("KEY", planted+"KEY", "SESSION", planted+"SESSION", "TIME", someTime,
		"END", `"AccountId":"123456789012","Expiration":"`+someTime+`"`)
	pod := config.Listener{Address: "169.254.170.23:80", Faces: []string{config.FacePodIdentity}}
	for _, tt := range []struct {
		name     string
		listener config.Listener
		request  []string
		want     string // a pattern
	}{
		{"container", l, []string{"GET /v1/credentials", "Authorization: " + tokenOne},
			`{"AccessKeyId":"ASIA\d+","SecretAccessKey":"KEY","Token":"SESSION",END}`},
		{"container, by name of ours", l,
			[]string{
				"GET /v1/credentials?a=%20b", "Authorization: " + tokenTwo + "-next", "Host: SIDECAR.internal:8080",
			},
			`{"AccessKeyId":"ASIA\d+",.*}`},
		{"role", l, []string{"GET /role/two", "Authorization: " + tokenTwo, "Host: 169.254.170.2"},
			`{"AccessKeyId":"ASIA\d+",.*}`},
		{"pod identity", pod, []string{"GET /v1/credentials", "Authorization: " + tokenOne, "Host: [fd00:ec2::23]"},
			`{"AccessKeyId":"ASIA\d+","SecretAccessKey":"KEY","Token":"SESSION",END}`},
		{"process", l, []string{"GET /_aws/credentials", "Authorization: bearer " + tokenOne},
			`{"Version":1,"AccessKeyId":"ASIA\d+","SecretAccessKey":"KEY","SessionToken":"SESSION",END}`},
		{"imds", l, []string{"GET /latest/meta-data/iam/security-credentials/one", imds},
			`{"Code":"Success","LastUpdated":"TIME","Type":"AWS-HMAC",` +
				`"AccessKeyId":"ASIA\d+","SecretAccessKey":"KEY","Token":"SESSION",END}`},
		{"imds, extended", l, []string{"GET /latest/meta-data/iam/security-credentials-extended/one", imds},
			`{"Code":"Success",.*}`},
		{"imds: the role's name", l, []string{"GET /latest/meta-data/iam/security-credentials/", imds}, `one`},
		{"imds: the role's name, no slash", l, []string{"GET /latest/meta-data/iam/security-credentials", imds}, `one`},
		{"imds: region", l, []string{"GET /latest/meta-data/placement/region", imds}, `eu-central-1`},
		{"imds: zone", l, []string{"GET /latest/meta-data/placement/availability-zone", imds}, `eu-central-1a`},
		{"imds: zone, as botocore asks", l, []string{"GET /latest/meta-data/placement/availability-zone/", imds},
			`eu-central-1a`},
		{"imds: instance", l, []string{"GET /latest/meta-data/instance-id", imds}, `i-1234567890abcdef0`},
		{"imds: identity", l, []string{"GET /latest/dynamic/instance-identity/document", imds},
			`(?s){.*"availabilityZone": "eu-central-1a".*"region": "eu-central-1".*}`},
		{"health", l, []string{"GET /health"}, `{"status":"healthy","services":3,"able":3}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := b.ask(tt.listener, tt.request[0], tt.request[1:]...)
			want := fill.Replace(tt.want)
			if ok, _ := regexp.MatchString(`^`+want+`\n?$`, w.Body.String()); w.Code != 200 || !ok {
				t.Errorf("%v: %d %s, want 200 %s", tt.request[0], w.Code,
					strings.ReplaceAll(w.Body.String(), planted, "***"), tt.want)
			}
		})
	}
	t.Run("imds: another's role", func(t *testing.T) {
		if w := b.ask(l, "GET /latest/meta-data/iam/security-credentials/two", imds); w.Code != 404 {
			t.Errorf("%d, want 404", w.Code)
		}
	})
	t.Run("faces that are off", func(t *testing.T) {
		for _, line := range []string{
			"GET /_aws/credentials", "GET /latest/meta-data/", "PUT /latest/api/token", "GET /role/one",
		} {
			if w := b.ask(pod, line, "Authorization: "+tokenOne); w.Code != 404 {
				t.Errorf("%s where there is only pod-identity: %d, want 404", line, w.Code)
			}
		}
	})
}

func newRecorder(b *testServer, r *http.Request) *recorder {
	w := &recorder{header: http.Header{}, Code: 200}
	b.Handler(b.opts.Config.Server.Listeners[0]).ServeHTTP(w, r)
	return w
}

// recorder keeps an answer's status and headers.
type recorder struct {
	header http.Header
	Code   int
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (w *recorder) WriteHeader(status int)      { w.Code = status }

// TestSessions: a session token is valid until its end, at its own listener.
func TestSessions(t *testing.T) {
	s, now := newSessions(), time.Unix(1e9, 0)
	token := s.issue("a", now.Add(time.Minute))
	for _, tt := range []struct {
		name, listener, token string
		at                    time.Time
		want                  bool
	}{
		{"as issued", "a", token, now, true},
		{"at its end", "a", token, now.Add(time.Minute), false},
		{"at another listener", "b", token, now, false},
		{"changed", "a", "A" + token[1:], now, token[0] == 'A'},
		{"cut", "a", token[:len(token)-4], now, false},
		{"of another process", "a", newSessions().issue("a", now.Add(time.Minute)), now, false},
		{"empty", "a", "", now, false},
	} {
		if got := s.valid(tt.listener, tt.token, tt.at); got != tt.want {
			t.Errorf("%s: valid = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// TestVersion1: requests without a session token are answered if v1 is on.
func TestVersion1(t *testing.T) {
	b := newTestServer(t, one)
	l := allFaces()
	l.IMDS.V1 = true
	for line, want := range map[string]int{
		"GET /latest/meta-data/iam/security-credentials/one": 200,
		"GET /latest/meta-data/placement/group-name":         404,
	} {
		if w := b.ask(l, line); w.Code != want {
			t.Errorf("%s: %d, want %d", line, w.Code, want)
		}
	}
	if w := b.ask(l, "GET /latest/meta-data/", "X-aws-ec2-metadata-token: wrong"); w.Code != 401 {
		t.Errorf("a wrong token: %d, want 401", w.Code)
	}
}

// TestPassThrough: a source's own keys are handed out if pass_through is on, as if
// they expired in an hour.
func TestPassThrough(t *testing.T) {
	b := newTestServer(t, "services: {own: {auth_token: "+tokenOne+", pass_through: true}}")
	w := b.ask(b.opts.Config.Server.Listeners[0], "GET /v1/credentials", "Authorization: "+tokenOne)
	var doc struct {
		AccessKeyId string
		Expiration  time.Time
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(doc.Expiration); doc.AccessKeyId != "AKIAIOSFODNN7EXAMPLE" || left < 59*time.Minute ||
		left > time.Hour {
		t.Errorf("got %s for %v, want the source's own key for an hour", doc.AccessKeyId, left)
	}
}

// TestRates: requests for a service are limited, and so are denials of a peer.
func TestRates(t *testing.T) {
	b := newTestServer(t, "server: {rate_limit: 1}\n"+one)
	l := b.opts.Config.Server.Listeners[0]
	frozen := time.Now()
	b.opts.Now = func() time.Time { return frozen }
	for i := range burstSeconds + 1 {
		want := map[bool]int{true: 200, false: 429}[i < burstSeconds]
		if status, _ := b.get(tokenOne); status != want {
			t.Errorf("request %d: %d, want %d", i, status, want)
		}
	}
	h := b.Handler(l)
	status := func(peer string) int {
		r := request("GET /v1/credentials", "Authorization: wrong")
		r.RemoteAddr = peer
		w := &recorder{header: http.Header{}}
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i := range denialBurst {
		if got := status("127.0.0.1:1"); got != 401 {
			t.Fatalf("wrong token %d: %d, want 401", i, got)
		}
	}
	if got := status("127.0.0.1:2"); got != 429 {
		t.Errorf("one wrong token more: %d, want 429", got)
	}
	if got := status("127.0.0.2:1"); got != 401 {
		t.Errorf("another peer's first: %d, want 401", got)
	}
}

// TestAudit: each key that is handed out is logged, and no secret is.
func TestAudit(t *testing.T) {
	b := newTestServer(t, one)
	_, key := b.get(tokenOne)
	var line map[string]any
	for _, text := range strings.Split(b.log.String(), "\n") {
		if strings.Contains(text, "credentials issued") {
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if line["service"] != "one" || line["access_key_id"] != key || line["face"] != "container" ||
		line["peer"] != "127.0.0.1:50000" || line["expires"] == nil {
		t.Errorf("got %v, want service, key, face, peer and end", line)
	}
}

// TestReasons: an application hears why there are no credentials only if its service says so.
func TestReasons(t *testing.T) {
	const because = "the role's trust policy must allow this principal"
	for settings, told := range map[string]bool{"": false, "    reasons: true\n": true} {
		b := newTestServer(t, one+settings)
		b.sts.down.Store(true)
		for _, line := range []string{"GET /v1/credentials", "GET /role/one"} {
			w := b.ask(allFaces(), line, "Authorization: "+tokenOne)
			var answer struct{ Code, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 503 ||
				answer.Code != "ServiceUnavailable" || strings.Contains(answer.Message, because) != told ||
				!strings.HasPrefix(answer.Message, "Credentials are not available now") {
				t.Errorf("%q: %s: %d %+v, %v", settings, line, w.Code, answer, err)
			}
		}
	}
}
