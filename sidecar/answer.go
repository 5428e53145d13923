package sidecar

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"sluice/creds"
)

// Faces are the forms in which credentials are given, by the name that the
// configuration has for them.
const (
	faceContainer   = "container"
	facePodIdentity = "pod-identity"
	faceIMDS        = "imds"
	faceProcess     = "process"
)

// refusal is an answer without credentials. It says nothing of the
// configuration: not which services there are, and not what was sent.
type refusal struct {
	status  int
	code    string // as AWS would name it
	message string
	retry   int    // seconds; 0 for not at all
	result  string // CredProxy's label for it
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message, result: "error"}
}

// The refusals of all faces. Wrong, old and removed tokens look alike.
func errNoToken() *refusal {
	return &refusal{http.StatusUnauthorized, "MissingAuthenticationToken", "Authorization header required", 0, "denied_missing_token"}
}

func errBadToken() *refusal {
	return &refusal{http.StatusUnauthorized, "InvalidToken", "Invalid authorization token", 0, "denied_invalid_token"}
}

func errEnded() *refusal {
	return refuse(http.StatusForbidden, "AccessDenied", "The grant has expired")
}
func errBadHost() *refusal {
	return refuse(http.StatusForbidden, "AccessDenied", "Host not allowed")
}
func errNotFound() *refusal { return refuse(http.StatusNotFound, "NotFound", "Not found") }
func errBadMethod() *refusal {
	return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "Method not allowed")
}

func errTooMany(seconds int) *refusal {
	r := refuse(http.StatusTooManyRequests, "ThrottlingException", "Too many requests")
	r.retry = seconds
	return r
}

func errUnavailable(seconds int) *refusal {
	r := refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "Credentials are not available now")
	r.retry = seconds
	return r
}

// headers of every answer: it is nobody else's to keep, and no page's to read.
func headers(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// writeJSON answers as ECS's service does; error is CredProxy's name for the
// message.
func (r *refusal) writeJSON(w http.ResponseWriter) {
	r.write(w, "application/json", map[string]string{"code": r.code, "message": r.message, "error": r.message})
}

// writeText answers with a line.
func (r *refusal) writeText(w http.ResponseWriter) {
	r.head(w, "text/plain; charset=utf-8")
	w.Write([]byte(r.message + "\n"))
}

func (r *refusal) write(w http.ResponseWriter, contentType string, body any) {
	r.head(w, contentType)
	json.NewEncoder(w).Encode(body)
}

func (r *refusal) head(w http.ResponseWriter, contentType string) {
	headers(w, contentType)
	if r.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(r.retry))
	}
	if r.status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(r.status)
}

// rolling is how long a key that never ends is said to live: clients want an end,
// and shall hear of its revocation.
const rolling = time.Hour

// expiration writes when a key ends, as AWS does.
func expiration(c creds.Credentials, now time.Time) string {
	end := c.Expires
	if !c.CanExpire() {
		end = now.Add(rolling)
	}
	return end.UTC().Format("2006-01-02T15:04:05Z")
}

// containerDocument is what ECS and EKS Pod Identity answer.
type containerDocument struct {
	RoleArn         string `json:",omitempty"`
	AccessKeyId     string
	SecretAccessKey string
	Token           string
	AccountId       string `json:",omitempty"`
	Expiration      string
}

// imdsDocument is what EC2 answers.
type imdsDocument struct {
	Code            string
	LastUpdated     string
	Type            string
	AccessKeyId     string
	SecretAccessKey string
	Token           string
	AccountId       string `json:",omitempty"`
	Expiration      string
}

// processDocument is what a credential_process prints.
type processDocument struct {
	Version         int
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string `json:",omitempty"`
	AccountId       string `json:",omitempty"`
	Expiration      string
}

// documentOf puts a key into a face's form.
func documentOf(face string, c creds.Credentials, now time.Time) any {
	end := expiration(c, now)
	switch face {
	case faceIMDS:
		return imdsDocument{"Success", now.UTC().Format("2006-01-02T15:04:05Z"), "AWS-HMAC", c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, end}
	case faceProcess:
		return processDocument{1, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, end}
	}
	return containerDocument{"", c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.AccountID, end}
}
