package standard_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/creds/standard"
)

// TestRolesOverDifferentServices: one role over two metadata services has two keys, so both are asked.
func TestRolesOverDifferentServices(t *testing.T) {
	var first, second atomic.Int64
	d := newDesk(t, disk{}, standard.Options{}, map[string]string{"AWS_EC2_METADATA_DISABLED": ""})
	for i, endpoint := range []string{metadata(t, &first), metadata(t, &second)} {
		o := standard.Options{RoleARN: "arn:aws:iam::123456789012:role/r", IMDSEndpoint: endpoint}
		for range 2 {
			got, err := d.sources.Provider(o).Retrieve(t.Context())
			if want := fmt.Sprintf("r%d", i+1); err != nil || got.AccessKeyID != want {
				t.Errorf("service %d: %v, %v, want %s", i+1, got, err, want)
			}
		}
	}
	if first.Load() != 1 || second.Load() != 1 {
		t.Errorf("the services were asked %d and %d times, want once each", first.Load(), second.Load())
	}
}

// TestHardenedProfileHasItsOwnClient: a profile that disables version 1 does not share the client of one that allows
// it.
func TestHardenedProfileHasItsOwnClient(t *testing.T) {
	var bare atomic.Int64 // requests without a token
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		bare.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	const lax = "credential_source = Ec2InstanceMetadata\nrole_arn = arn:aws:iam::123456789012:role/r\n"
	d := newDesk(
		t,
		disk{config: "[profile lax]\n" + lax + "[profile strict]\n" + lax + "ec2_metadata_v1_disabled = true\n"},
		standard.Options{},
		map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL},
	)
	_, err := d.sources.Provider(standard.Options{Profile: "lax"}).Retrieve(t.Context())
	asked := bare.Load()
	if err == nil || asked == 0 {
		t.Errorf("lax: %v after %d requests without a token", err, asked)
	}
	_, err = d.sources.Provider(standard.Options{Profile: "strict"}).Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the configuration disables version 1") || bare.Load() != asked {
		t.Errorf("strict: %v after %d requests without a token", err, bare.Load()-asked)
	}
}

// TestContainersWithTheirAuthorities: one file of authorities does not verify a container's service, and another does.
func TestContainersWithTheirAuthorities(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"AccessKeyId":"TASK","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the refusal
	server.StartTLS()
	defer server.Close()
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	d := newDesk(t, disk{"/ca": authority}, standard.Options{},
		map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/x"})
	if got, err := d.sources.Provider(standard.Options{}).Retrieve(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the authority: %v, %v, want a refusal", got, err)
	}
	if got, err := d.sources.Provider(standard.Options{CAFile: "/ca"}).Retrieve(t.Context()); err != nil ||
		got.AccessKeyID != "TASK" {
		t.Errorf("with the authority: %v, %v, want the key", got, err)
	}
}
