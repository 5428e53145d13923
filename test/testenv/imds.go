package testenv

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// imdsTool is Amazon's own mock of the instance metadata service, at the version that go.mod pins.
const imdsTool = "github.com/aws/amazon-ec2-metadata-mock/cmd"

// roleName is the instance role's name in the mock.
const roleName = "sluice-role"

// BuildIMDS builds the mock into dir. It must be called from within this module; the Go build cache
// makes the second time quick.
func BuildIMDS(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "ec2-metadata-mock")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", program, imdsTool).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the mock IMDS: %w\n%s", err, out)
	}
	return program, nil
}

// IMDSConfig says where a mock IMDS lives and which keys it hands out.
type IMDSConfig struct {
	Program string // from BuildIMDS, required
	Dir     string // for its configuration and log, required
	Addr    string // default: a free port of 127.0.0.1
	Role    Keys   // default: RoleKeys()
}

// IMDS is a running mock that knows version 2 only: it wants a token.
type IMDS struct {
	Endpoint string
	process  *Process
}

// StartIMDS returns when the mock answers.
func StartIMDS(ctx context.Context, cfg IMDSConfig) (*IMDS, error) {
	if cfg.Role == (Keys{}) {
		cfg.Role = RoleKeys()
	}
	if cfg.Addr == "" {
		addr, err := FreeAddr()
		if err != nil {
			return nil, fmt.Errorf("find a port for the mock IMDS: %w", err)
		}
		cfg.Addr = addr
	}
	file := filepath.Join(cfg.Dir, "imds.json")
	if err := os.WriteFile(file, IMDSAnswers(cfg.Role), 0o600); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, err
	}
	process, err := Start(Command{
		Path: cfg.Program,
		Args: []string{"--hostname", host, "--port", port, "--config-file", file, "--imdsv2"},
		Env:  []string{"HOME=" + cfg.Dir},
		Log:  filepath.Join(cfg.Dir, "imds.log"),
	})
	if err != nil {
		return nil, fmt.Errorf("start the mock IMDS: %w", err)
	}
	m := &IMDS{Endpoint: "http://" + cfg.Addr, process: process}
	if err := Wait(ctx, process.Done(), m.answers); err != nil {
		m.Close()
		return nil, fmt.Errorf("start the mock IMDS: %w\n%s", err, process.Log())
	}
	return m, nil
}

// answers asks for a version 2 token.
func (m *IMDS) answers() bool {
	req, err := http.NewRequest(http.MethodPut, m.Endpoint+"/latest/api/token", nil)
	if err != nil {
		return false
	}
	req.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Log is what the mock has said: one line for each request.
func (m *IMDS) Log() string { return m.process.Log() }

// Close stops the mock and waits for it.
func (m *IMDS) Close() { m.process.Kill() }

// IMDSAnswers overrides the mock's role and keys. Its default keys expired in 2020.
func IMDSAnswers(keys Keys) []byte {
	type object = map[string]any
	now := time.Now().UTC()
	config := object{"metadata": object{
		"paths": object{
			"iam-security-credentials": "/latest/meta-data/iam/security-credentials/" + roleName,
		},
		"values": object{
			"iam-security-credentials-role": roleName,
			"iam-security-credentials": object{
				"Code":            "Success",
				"LastUpdated":     now.Format(time.RFC3339),
				"Type":            "AWS-HMAC",
				"AccessKeyId":     keys.AccessKeyID,
				"SecretAccessKey": keys.SecretAccessKey,
				"Token":           keys.SessionToken,
				"Expiration":      now.Add(6 * time.Hour).Format(time.RFC3339),
			},
		},
	}}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		panic(err) // maps of strings always marshal
	}
	return text
}
