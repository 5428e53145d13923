package testenv

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrNoMinIO says that MinIO is not installed.
var ErrNoMinIO = errors.New("MinIO is not installed (set MINIO, or put minio on the PATH)")

// MinIO is a running server.
type MinIO struct {
	Endpoint string // URL
	Client   *http.Client
	process  *Process
}

// StartMinIO starts $MINIO, or else minio from the PATH, with OwnerKeys as root and data in dir. With an authority it
// speaks TLS. Its error is ErrNoMinIO if there is none.
func StartMinIO(ctx context.Context, dir string, authority *Authority, env ...string) (*MinIO, error) {
	program, err := exec.LookPath(cmp.Or(os.Getenv("MINIO"), "minio"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMinIO, err)
	}
	address, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	m := &MinIO{Endpoint: "http://" + address, Client: http.DefaultClient}
	certs := filepath.Join(dir, "certs")
	if err := os.MkdirAll(certs, 0o700); err != nil {
		return nil, err
	}
	if authority != nil {
		if err := authority.writeCertificate(certs, "127.0.0.1"); err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(authority.PEM())
		m.Endpoint = "https://" + address
		m.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	}
	owner := OwnerKeys()
	m.process, err = Start(Command{
		Path: program,
		Args: []string{"server", "--certs-dir", certs, "--address", address, filepath.Join(dir, "data")},
		Env: append([]string{
			"HOME=" + dir, "MINIO_ROOT_USER=" + owner.AccessKeyID, "MINIO_ROOT_PASSWORD=" + owner.SecretAccessKey,
			"MINIO_SITE_REGION=us-east-1", "MINIO_BROWSER=off", "MINIO_UPDATE=off",
		}, env...),
		Log: filepath.Join(dir, "log"),
	})
	if err != nil {
		return nil, err
	}
	return m, m.ready(ctx)
}

// ready waits until the server answers.
func (m *MinIO) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := Wait(ctx, m.process.Done(), func() bool {
		resp, err := m.Client.Get(m.Endpoint + "/minio/health/ready")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	if err != nil {
		m.process.Kill()
		return fmt.Errorf("MinIO: %w\n%s", err, m.process.Log())
	}
	return nil
}

// Close ends it.
func (m *MinIO) Close() { m.process.Kill() }
