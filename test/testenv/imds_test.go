package testenv

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

func TestIMDSHandsOutTheRoleKeys(t *testing.T) {
	program, err := BuildIMDS(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	imds, err := StartIMDS(t.Context(), IMDSConfig{Program: program, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(imds.Close)

	path := imds.Endpoint + "/latest/meta-data/iam/security-credentials/" + roleName
	if status, _ := request(t, http.MethodGet, path, ""); status != http.StatusUnauthorized {
		t.Errorf("GET without a token: got %d, want 401", status)
	}
	_, token := request(t, http.MethodPut, imds.Endpoint+"/latest/api/token", "")
	_, body := request(t, http.MethodGet, path, string(token))
	var got struct {
		AccessKeyId, SecretAccessKey, Token string
		Expiration                          time.Time
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("answer %s: %v", body, err)
	}
	keys := Keys{got.AccessKeyId, got.SecretAccessKey, got.Token}
	if keys != RoleKeys() || time.Until(got.Expiration) < time.Hour {
		t.Errorf("keys: got %v until %v, want the role's", keys.AccessKeyID, got.Expiration)
	}
}

func request(t *testing.T, method, url, token string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
	if token != "" {
		req.Header.Set("X-aws-ec2-metadata-token", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := make([]byte, 4096)
	n, _ := resp.Body.Read(body)
	return resp.StatusCode, body[:n]
}
