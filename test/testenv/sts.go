package testenv

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/versity/versitygw/auth"
)

// STS is a double of AWS's STS for AssumeRole, whose keys live as short as a test wants: those of a real
// one live for 15 minutes at least. It checks signatures, and it is an S3 server's IAM service, so that
// S3 takes its keys until they end.
type STS struct {
	auth.IAMService
	Endpoint string

	server *httptest.Server
	life   time.Duration // of keys

	mu    sync.Mutex // guards what follows
	down  bool
	calls []url.Values
	keys  map[string]sessionKey // by access key ID
}

// sessionKey is a key of a role.
type sessionKey struct {
	Keys
	role string
	ends time.Time
	uses int // by S3's clients
}

// StartSTS starts a double whose keys live for a time, at a free port of 127.0.0.1. It knows the owner's
// keys, which may assume every role.
func StartSTS(life time.Duration) (*STS, error) {
	return StartSTSAt("127.0.0.1:0", life)
}

// StartSTSAt is StartSTS at an address of one's own.
func StartSTSAt(address string, life time.Duration) (*STS, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	owner := auth.Account{Access: OwnerKeys().AccessKeyID, Secret: OwnerKeys().SecretAccessKey, Role: auth.RoleAdmin}
	s := &STS{IAMService: auth.NewIAMServiceSingle(owner), life: life, keys: map[string]sessionKey{}}
	s.server = httptest.NewUnstartedServer(s)
	_ = s.server.Listener.Close() // it has one that is not needed
	s.server.Listener = l
	s.server.Start()
	s.Endpoint = s.server.URL
	return s, nil
}

// Close stops it.
func (s *STS) Close() { s.server.Close() }

// SetDown begins or ends an outage: 403 AccessDenied, which no client tries again by itself.
func (s *STS) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Calls are the forms of the requests so far.
func (s *STS) Calls() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values{}, s.calls...)
}

// Used are the keys of a role that S3 was asked with, and how often.
func (s *STS) Used(role string) map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := map[string]int{}
	for id, k := range s.keys {
		if k.role == role && k.uses > 0 {
			used[id] = k.uses
		}
	}
	return used
}

// LastEnd is when the last of the keys ends that were handed out so far.
func (s *STS) LastEnd() (last time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range maps.Values(s.keys) {
		if k.ends.After(last) {
			last = k.ends
		}
	}
	return last
}

// Secrets are the secret keys and tokens that it has handed out.
func (s *STS) Secrets() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range maps.Values(s.keys) {
		all = append(all, k.SecretAccessKey, k.SessionToken)
	}
	return all
}

// ServeHTTP answers AssumeRole to the owner, and GetCallerIdentity to those who have keys of a role.
func (s *STS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		stsError(w, http.StatusBadRequest, "InvalidInput")
		return
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil || r.Method != http.MethodPost || form.Get("Version") != "2011-06-15":
		stsError(w, http.StatusBadRequest, "InvalidAction")
	case form.Get("Action") == "GetCallerIdentity":
		s.identify(w, r, body)
	case form.Get("Action") != "AssumeRole" || len(form.Get("RoleArn")) < 20 || len(form.Get("RoleSessionName")) < 2:
		stsError(w, http.StatusBadRequest, "ValidationError")
	case !signed(r, body, OwnerKeys()):
		stsError(w, http.StatusForbidden, "SignatureDoesNotMatch")
	default:
		s.assume(w, form)
	}
}

// identify says whose keys a request is signed with.
func (s *STS) identify(w http.ResponseWriter, r *http.Request, body []byte) {
	_, id, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	id, _, _ = strings.Cut(id, "/")
	s.mu.Lock()
	k, known := s.keys[id]
	s.mu.Unlock()
	if !known || !time.Now().Before(k.ends) || !signed(r, body, k.Keys) ||
		r.Header.Get("X-Amz-Security-Token") != k.SessionToken {
		stsError(w, http.StatusForbidden, "InvalidClientTokenId")
		return
	}
	fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>%s</Arn><UserId>AROA:s</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`, assumed(k.role))
}

// assumed is the ARN of a role's session.
func assumed(role string) string {
	return strings.Replace(strings.Replace(role, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1) + "/s"
}

func (s *STS) assume(w http.ResponseWriter, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, form)
	if s.down {
		stsError(w, http.StatusForbidden, "AccessDenied")
		return
	}
	k := sessionKey{
		Keys: Keys{AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14],
			SessionToken: rand.Text() + rand.Text()},
		role: form.Get("RoleArn"), ends: time.Now().Add(s.life),
	}
	s.keys[k.AccessKeyID] = k
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
  <AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>
  <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
    <SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`,
		assumed(k.role), k.AccessKeyID, k.SecretAccessKey, k.SessionToken, k.ends.UTC().Format(time.RFC3339))
}

func stsError(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    string   `xml:"Error>Code"`
		Message string   `xml:"Error>Message"`
	}{Code: code, Message: "no"})
}

// signed signs a request again, by AWS's own signer and with the headers that it says are signed, and
// compares.
func signed(r *http.Request, body []byte, keys Keys) bool {
	sent := r.Header.Get("Authorization")
	_, list, _ := strings.Cut(sent, "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || list == "" {
		return false
	}
	again, err := http.NewRequest(r.Method, "http://"+r.Host+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		return false
	}
	if !slices.Contains(strings.Split(list, ";"), "content-length") {
		again.ContentLength = 0 // botocore does not sign it, and the signer does if it is there
	}
	for _, name := range strings.Split(list, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	_, region, _ := strings.Cut(sent, "/"+at.Format("20060102")+"/")
	region, _, _ = strings.Cut(region, "/")
	credentials := aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey,
		SessionToken: keys.SessionToken}
	err = v4.NewSigner().SignHTTP(r.Context(), credentials, again, fmt.Sprintf("%x", sha256.Sum256(body)), "sts",
		region, at)
	return err == nil && again.Header.Get("Authorization") == sent
}

// DeriveSigningKey makes STS an auth.SigningKeyProvider, the interface for session tokens. A key that has
// ended is one that is not known.
func (s *STS) DeriveSigningKey(access, token, date, region, service string) ([]byte, auth.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.keys[access]
	if !known || !time.Now().Before(k.ends) {
		return nil, auth.Account{}, auth.ErrNoSuchUser
	}
	if token != k.SessionToken {
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	}
	k.uses++
	s.keys[access] = k
	return SigningKey(k.SecretAccessKey, date, region, service), auth.Account{Access: access, Role: auth.RoleAdmin,
		SessionToken: token, IsSession: true}, nil
}
