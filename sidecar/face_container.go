package sidecar

import (
	"net/http"
	"strings"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// Paths of the faces container and pod-identity. CredProxy has the same.
const (
	containerPath = "/v1/credentials"
	rolePrefix    = "/role/" // with a service's name behind it
)

// containerFace is what SDKs ask on ECS, by AWS_CONTAINER_CREDENTIALS_FULL_URI and
// _RELATIVE_URI
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
var containerFace = &face{
	name:     config.FaceContainer,
	match:    func(path string) bool { return path == containerPath || strings.HasPrefix(path, rolePrefix) },
	find:     findContainer,
	document: newContainerDocument,
	deny:     (*denial).writeJSON,
}

// podIdentityFace is what SDKs ask on EKS, by AWS_CONTAINER_CREDENTIALS_FULL_URI
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
var podIdentityFace = &face{
	name:     config.FacePodIdentity,
	match:    isPath(containerPath),
	find:     findByToken,
	document: newContainerDocument,
	deny:     (*denial).writeJSON,
}

// findContainer returns the service of the request's token. If the path names a
// service, it has to be that one.
func findContainer(e *endpoint, r *http.Request) (*service, *denial) {
	s, denied := findByToken(e, r)
	if name, named := strings.CutPrefix(r.URL.Path, rolePrefix); named && denied == nil && s.name != name {
		return nil, denyBadToken
	}
	return s, denied
}

// containerDocument is what ECS and EKS Pod Identity answer.
type containerDocument struct {
	AccessKeyId     string
	SecretAccessKey string
	Token           string
	AccountId       string `json:",omitempty"`
	Expiration      string
}

func newContainerDocument(key creds.Credentials, now time.Time) any {
	return containerDocument{
		AccessKeyId:     key.AccessKeyID,
		SecretAccessKey: key.SecretAccessKey,
		Token:           key.SessionToken,
		AccountId:       key.AccountID,
		Expiration:      expiration(key, now),
	}
}
