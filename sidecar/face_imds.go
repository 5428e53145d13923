package sidecar

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// Headers and paths of EC2's instance metadata service
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
const (
	tokenHeader = "X-aws-ec2-metadata-token"
	ttlHeader   = "X-aws-ec2-metadata-token-ttl-seconds"
	maxTTL      = 6 * time.Hour

	tokenPath    = "/latest/api/token"
	metaPath     = "/latest/meta-data/"
	identityPath = "/latest/dynamic/instance-identity/document"
	rolePath     = metaPath + "iam/security-credentials/"
	extendedPath = metaPath + "iam/security-credentials-extended/"
)

// imdsFace is what SDKs ask on EC2. Its clients know no token of ours, so that a
// listener hands out one service's key to everyone who reaches it.
var imdsFace = &face{
	name:     config.FaceIMDS,
	match:    func(path string) bool { return strings.HasPrefix(path, "/latest") },
	find:     findInstanceService,
	document: newIMDSDocument,
	deny:     (*denial).writeText,
	serve:    (*endpoint).serveIMDS,
}

// findInstanceService returns the listener's service.
func findInstanceService(e *endpoint, _ *http.Request) (*service, *denial) {
	if s := e.server.registry.named(e.listener.IMDS.Service); s != nil {
		return s, nil
	}
	return nil, denyNotFound
}

// serveIMDS answers as EC2's service does.
func (e *endpoint) serveIMDS(f *face, w http.ResponseWriter, r *http.Request) {
	denied := guard(e.listener, r)
	path, name := r.URL.Path, e.listener.IMDS.Service
	switch {
	case denied != nil:
	case path == tokenPath:
		denied = e.issueSession(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		denied = denyMethod
	case !e.hasSession(r):
		denied = newDenial(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	case path == rolePath+name, path == extendedPath+name:
		e.serveKey(w, r, f)
		return
	default:
		denied = e.serveMetadata(w, path)
	}
	if denied != nil {
		e.deny(w, r, f, denied)
	}
}

// issueSession answers with the token of a new session.
func (e *endpoint) issueSession(w http.ResponseWriter, r *http.Request) *denial {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", http.MethodPut)
		return denyMethod
	}
	seconds, err := strconv.Atoi(r.Header.Get(ttlHeader))
	if err != nil || seconds < 1 || seconds > int(maxTTL/time.Second) {
		return newDenial(http.StatusBadRequest, "BadRequest", "Bad Request")
	}
	end := e.server.opts.Now().Add(time.Duration(seconds) * time.Second)
	setHeaders(w, "text/plain")
	w.Header().Set(ttlHeader, strconv.Itoa(seconds))
	w.Write([]byte(e.server.sessions.issue(e.listener.Address, end)))
	return nil
}

// hasSession reports whether a request has a valid session token, or needs none
// because version 1 is on.
func (e *endpoint) hasSession(r *http.Request) bool {
	sent := r.Header.Values(tokenHeader)
	if len(sent) == 0 {
		return e.listener.IMDS.V1
	}
	return len(sent) == 1 && e.server.sessions.valid(e.listener.Address, sent[0], e.server.opts.Now())
}

// imdsDocument is EC2's document of a role's key.
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

func newIMDSDocument(key creds.Credentials, now time.Time) any {
	return imdsDocument{
		Code:            "Success",
		LastUpdated:     formatTime(now),
		Type:            "AWS-HMAC",
		AccessKeyId:     key.AccessKeyID,
		SecretAccessKey: key.SecretAccessKey,
		Token:           key.SessionToken,
		AccountId:       key.AccountID,
		Expiration:      expiration(key, now),
	}
}
