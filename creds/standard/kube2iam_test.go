package standard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sluice/creds/standard"
)

// kube2iam sits between a pod and the metadata service of its node. It answers with the pod's role and keys, and
// forwards everything else; the service issues no token to a proxy.
// Source: https://github.com/jtblin/kube2iam/blob/master/server/server.go
type kube2iam struct {
	role     string // of the pod; "" for a pod without one
	node     string // role of the node
	extended int    // status of the node's extended path
}

func (k kube2iam) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const own = "/latest/meta-data/iam/security-credentials/"
	const extended = "/latest/meta-data/iam/security-credentials-extended/"
	path, intercepted := strings.CutPrefix(r.URL.Path, own)
	switch {
	case r.Method == http.MethodPut:
		w.WriteHeader(http.StatusForbidden)
	case intercepted && k.role == "":
		w.WriteHeader(http.StatusNotFound)
	case intercepted && path == "":
		io.WriteString(w, k.role)
	case intercepted && path != k.role:
		w.WriteHeader(http.StatusForbidden)
	case intercepted:
		io.WriteString(w, keysOf("POD"))
	case k.extended != http.StatusOK:
		w.WriteHeader(k.extended)
	case r.URL.Path == extended:
		io.WriteString(w, k.node)
	case r.URL.Path == extended+k.node:
		io.WriteString(w, keysOf("NODE"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func keysOf(id string) string {
	return fmt.Sprintf(
		`{"Code":"Success","AccessKeyId":%q,"SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`,
		id,
	)
}

// TestKube2iam: a pod gets the keys of its own role, whatever the role is called and whatever the node answers, and
// never the node's.
func TestKube2iam(t *testing.T) {
	for _, role := range []string{"pod-role", "arn:aws:iam::123456789012:role/pod-role", "team/pod-role", ""} {
		for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusUnauthorized} {
			for _, named := range []string{"", role, "node-role"} {
				name := fmt.Sprintf("role %q, extended path answers %d, named %q", role, status, named)
				server := httptest.NewServer(kube2iam{role: role, node: "node-role", extended: status})
				sources := standard.NewSources(environment(nil, map[string]string{
					"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL, "AWS_EC2_INSTANCE_PROFILE_NAME": named,
				}))
				got, err := sources.Provider(standard.Options{}).Retrieve(t.Context())
				allowed := role != "" && (named == "" || named == role)
				if allowed && (err != nil || got.AccessKeyID != "POD") || !allowed && err == nil {
					t.Errorf("%s: %v, %v", name, got, err)
				}
				sources.Close()
				server.Close()
			}
		}
	}
}
