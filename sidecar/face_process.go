package sidecar

import (
	"net/http"
	"strings"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// processFace is for sluice-credential-helper, which SDKs run as a
// credential_process and whose output this is
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
var processFace = &face{
	name:     config.FaceProcess,
	match:    isPath("/_aws/credentials"),
	find:     findByBearer,
	document: newProcessDocument,
	deny:     (*denial).writeText,
}

// findByBearer returns the service of a token that is sent as "Bearer TOKEN".
func findByBearer(e *endpoint, r *http.Request) (*service, *denial) {
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 || sent[0] == "" {
		return nil, denyNoToken
	}
	const scheme = "bearer "
	if len(sent[0]) < len(scheme) || !strings.EqualFold(sent[0][:len(scheme)], scheme) {
		return nil, denyBadToken
	}
	return e.lookup(sent[0][len(scheme):])
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

func newProcessDocument(key creds.Credentials, now time.Time) any {
	return processDocument{
		Version:         1,
		AccessKeyId:     key.AccessKeyID,
		SecretAccessKey: key.SecretAccessKey,
		SessionToken:    key.SessionToken,
		AccountId:       key.AccountID,
		Expiration:      expiration(key, now),
	}
}
