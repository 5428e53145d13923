package standard_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/creds/standard"
)

const ownRole = "arn:aws:iam::123456789012:role/logs"

// mirror is an STS whose keys are called after the key that has signed.
func mirror(t *testing.T) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, signer, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		signer, _, _ = strings.Cut(signer, "/")
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>BY-%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
			</Credentials></AssumeRoleResult></AssumeRoleResponse>`, signer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// node is a metadata service without session tokens, whose role has this key.
func node(t *testing.T, key string, asked *atomic.Int64) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const list = "/latest/meta-data/iam/security-credentials/"
		switch {
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == list:
			io.WriteString(w, "role")
		case r.URL.Path == list+"role":
			asked.Add(1)
			io.WriteString(w, keysOf(key))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestEachAsksItsOwnService: one role, assumed with the keys of two metadata services, is two sessions.
func TestEachAsksItsOwnService(t *testing.T) {
	var asked atomic.Int64
	sources := standard.NewSources(environment(nil, map[string]string{"AWS_ENDPOINT_URL_STS": mirror(t)}))
	defer sources.Close()
	for _, key := range []string{"FIRST", "SECOND"} {
		o := standard.Options{RoleARN: ownRole, IMDSEndpoint: node(t, key, &asked)}
		if got, err := sources.Provider(o).Retrieve(t.Context()); err != nil || got.AccessKeyID != "BY-"+key {
			t.Errorf("at its own endpoint: %v, %v, want the key BY-%s", got, err, key)
		}
	}
}

// TestStrictProfile: a profile that forbids version 1 is not answered by what another has got from it, and outputs
// that differ in the region alone still ask once.
func TestStrictProfile(t *testing.T) {
	var asked atomic.Int64
	const by = "role_arn = " + ownRole + "\ncredential_source = Ec2InstanceMetadata\n"
	files := disk{"/home/me/.aws/config": "[profile lax]\n" + by + "[profile strict]\n" + by + "ec2_metadata_v1_disabled = true\n"}
	sources := standard.NewSources(environment(files, map[string]string{
		"HOME": "/home/me", "AWS_ENDPOINT_URL_STS": mirror(t), "AWS_EC2_METADATA_SERVICE_ENDPOINT": node(t, "NODE", &asked),
	}))
	defer sources.Close()
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		if got, err := sources.Provider(standard.Options{Profile: "lax", Region: region}).Retrieve(t.Context()); err != nil || got.AccessKeyID != "BY-NODE" {
			t.Errorf("profile lax: %v, %v", got, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the metadata service was asked for keys %d times, want once", n)
	}
	got, err := sources.Provider(standard.Options{Profile: "strict"}).Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "version 1 is disabled") {
		t.Errorf("profile strict: %v, %v, want an error", got, err)
	}
}

// TestEachChecksByItsOwnCA: who trusts other authorities is not answered by what a server was trusted with before.
func TestEachChecksByItsOwnCA(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, keysOf("POD")) }))
	defer server.Close()
	files := disk{"/right.pem": certificate(server.Certificate().Raw), "/wrong.pem": certificate(newAuthority(t))}
	sources := standard.NewSources(environment(files, map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL}))
	defer sources.Close()
	if got, err := sources.Provider(standard.Options{CAFile: "/right.pem"}).Retrieve(t.Context()); err != nil || got.AccessKeyID != "POD" {
		t.Errorf("with the right authority: %v, %v", got, err)
	}
	if got, err := sources.Provider(standard.Options{CAFile: "/wrong.pem"}).Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with another authority: %v, %v, want an error", got, err)
	}
}

func certificate(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// newAuthority makes an authority that has signed nothing.
func newAuthority(t *testing.T) (der []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
