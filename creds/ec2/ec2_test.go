package ec2_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sluice/creds/ec2"
	"sluice/imds"
)

const (
	legacyList   = "/latest/meta-data/iam/security-credentials/"
	extendedList = "/latest/meta-data/iam/security-credentials-extended/"
)

func keysOf(id, account string) string {
	return `{"Code":"Success",` +
		`"AccessKeyId":"` + id + `","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z",` +
		`"AccountId":"` + account + `"}`
}

// pages is a metadata service, or a proxy in front of one: documents by path. It issues tokens if tokens is set, and
// counts the requests.
type pages struct {
	docs   map[string]string
	tokens bool
	mu     sync.Mutex // guards asked
	asked  map[string]int
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	doc, ok := p.docs[r.URL.Path]
	switch {
	case r.Method == http.MethodPut && p.tokens:
		fmt.Fprint(w, "token")
	case r.Method == http.MethodPut: // EC2 refuses requests that a proxy forwards
		w.WriteHeader(http.StatusForbidden)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		fmt.Fprint(w, doc)
	}
}

func (p *pages) serve(t *testing.T) *imds.Client {
	p.asked = map[string]int{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return imds.New(imds.Options{Endpoint: server.URL})
}

// TestKube2iam: kube2iam answers for the role of the pod, and forwards everything else to the node's service.
// Source: https://github.com/jtblin/kube2iam/blob/master/server/server.go
func TestKube2iam(t *testing.T) {
	const node = "node-role"
	for _, role := range []string{"pod-role", "team/pod-role", "arn:aws:iam::123456789012:role/pod-role",
		"arn:aws-cn:iam::123456789012:role/team/pod-role", node} {
		for _, extended := range []bool{true, false} {
			for _, named := range []string{"", role} {
				docs := map[string]string{legacyList: role, legacyList + role: keysOf("POD", "")}
				if extended {
					maps.Copy(docs,
						map[string]string{extendedList: node, extendedList + node: keysOf("NODE", "999999999999")})
				}
				provider := &ec2.Provider{Client: (&pages{docs: docs}).serve(t), Profile: named}
				for range 2 {
					got, err := provider.Retrieve(t.Context())
					if err != nil || got.AccessKeyID != "POD" || got.AccountID != "" {
						t.Errorf("role %q, by name %q, extended path %v: %v of account %q, %v, want the pod's key",
							role, named, extended, got, got.AccountID, err)
					}
				}
			}
		}
	}
}

// TestInvalidRoleName: what is not the name of a role is neither requested nor shown.
func TestInvalidRoleName(t *testing.T) {
	for _, name := range []string{"<html>", "../../user-data", "a/../b", "/role", "role/", "a//b", "a b", "role?x",
		strings.Repeat("a", 2049)} {
		p := &pages{docs: map[string]string{legacyList: name}}
		_, err := (&ec2.Provider{Client: p.serve(t)}).Retrieve(t.Context())
		if err == nil || !strings.Contains(err.Error(), "not the name of a role") ||
			strings.Contains(err.Error(), name) ||
			len(p.asked) != 2 {
			t.Errorf("%q: %v after %v, want a refusal that does not quote it", name, err, p.asked)
		}
	}
}

// TestRequests: a key takes two requests. The account takes one more, once.
func TestRequests(t *testing.T) {
	for _, c := range []struct {
		name, profile, account string
		extended               string // the document; "" for none
		want                   map[string]int
	}{
		{"with the extended path", "", "123456789012", keysOf("KEY", "123456789012"),
			map[string]int{"/latest/api/token": 1, legacyList: 3, legacyList + "role": 3, extendedList + "role": 1}},
		{"without it", "", "", "",
			map[string]int{"/latest/api/token": 1, legacyList: 3, legacyList + "role": 3, extendedList + "role": 1}},
		{"by name", "role", "123456789012", keysOf("KEY", "123456789012"),
			map[string]int{"/latest/api/token": 1, legacyList + "role": 3, extendedList + "role": 1}},
	} {
		p := &pages{tokens: true, docs: map[string]string{legacyList: "role", legacyList + "role": keysOf("KEY", "")}}
		if c.extended != "" {
			p.docs[extendedList+"role"] = c.extended
		}
		provider := &ec2.Provider{Client: p.serve(t), Profile: c.profile}
		for range 3 {
			if got, err := provider.Retrieve(t.Context()); err != nil || got.AccessKeyID != "KEY" ||
				got.AccountID != c.account {
				t.Errorf("%s: %v of account %q, %v", c.name, got, got.AccountID, err)
			}
		}
		if !maps.Equal(p.asked, c.want) {
			t.Errorf("%s: asked %v, want %v", c.name, p.asked, c.want)
		}
	}
}
