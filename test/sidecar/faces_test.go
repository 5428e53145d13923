package sidecar

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// faceCase is a client at a face.
type faceCase struct {
	name       string // also of its service
	client     client
	env        func(t *testing.T, token string) map[string]string
	ownSession bool
}

// Environments, as ECS, EKS and EC2 set them up, and that of a credential_process.
func ecs(_ *testing.T, token string) map[string]string {
	return map[string]string{
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN":      token,
	}
}

func eks(t *testing.T, token string) map[string]string {
	file := filepath.Join(t.TempDir(), "eks-pod-identity-token")
	write(t, file, token)
	return map[string]string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI":     "http://169.254.170.23/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file,
	}
}

func ec2(*testing.T, string) map[string]string { return nil }

func credentialProcess(t *testing.T, token string) map[string]string {
	dir := t.TempDir()
	if out, err := exec.Command(world.program, "helper", "install", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return map[string]string{
		"AWS_CONFIG_FILE":         filepath.Join(dir, "config"),
		"SLUICE_CREDENTIAL_URL":   "http://127.0.0.1:1338/_aws/credentials",
		"SLUICE_CREDENTIAL_TOKEN": token,
	}
}

// TestFaces: each client writes an object with a key from each face's own address, and another one when its
// first key has expired.
func TestFaces(t *testing.T) {
	needWorld(t)
	cases := []faceCase{
		{"go-ecs", goSDK, ecs, false},
		{"go-eks", goSDK, eks, false},
		{"go-process", goSDK, credentialProcess, false},
		{"go-imds", goSDK, ec2, false},
		{"awscli-ecs", awsCLI, ecs, false},
		{"awscli-process", awsCLI, credentialProcess, false},
		{"awscli-imds", awsCLI, ec2, false},
		{"boto3-ecs", boto3, ecs, false},
		{"boto3-process", boto3, credentialProcess, false},
		// botocore keeps EC2's keys for at least ten minutes, even expired ones.
		{"boto3-imds", boto3, ec2, true},
	}
	roles := map[string]string{"imds": newRole()}
	text := listeners + owner() + "services:\n" + service("imds", tokenOf("imds"), roles["imds"])
	for _, c := range cases {
		roles[c.name] = newRole()
		text += service(c.name, tokenOf(c.name), roles[c.name])
	}
	s := serve(t, text)
	puts := map[string]func(string) error{}
	for _, c := range cases {
		t.Run("first/"+c.name, func(sub *testing.T) {
			put := c.client(sub, t, c.env(t, tokenOf(c.name)), c.ownSession)
			if err := put(c.name + "/first"); err != nil {
				sub.Fatal(err)
			}
			puts[c.name] = put
		})
	}
	ends := world.sts.LastEnd() // of the clients' keys; meanwhile the sidecar has newer ones
	wait(t, s, func() bool { return time.Now().After(ends) })
	for _, c := range cases {
		t.Run("second/"+c.name, func(t *testing.T) {
			if puts[c.name] == nil {
				t.Skip("there was no first one")
			}
			if err := puts[c.name](c.name + "/second"); err != nil {
				t.Fatal(err)
			}
			used := len(world.sts.Used(roles[c.name])) + len(world.sts.Used(roles["imds"]))
			if used < 2 {
				t.Errorf("S3 was asked with %d keys, want 2", used)
			}
		})
	}
	checkObjects(t, puts, s.Log())
}

// listeners has each face at its own address.
const listeners = `server:
  listeners:
  - {address: "127.0.0.1:1338", faces: [container, process]}
  - {address: "169.254.170.2:80", faces: [container]}
  - {address: "169.254.170.23:80", faces: [pod-identity]}
  - {address: "169.254.169.254:80", faces: [imds], imds: {service: imds, region: us-east-1}}
`

// TestRegionOfInstance: boto3 finds the region at the face imds if nothing else sets one.
func TestRegionOfInstance(t *testing.T) {
	needWorld(t)
	serve(t, owner()+listeners+"services:\n"+service("imds", tokenOf("imds"), newRole()))
	const program = `from botocore.session import Session
from botocore.utils import IMDSRegionProvider
print(IMDSRegionProvider(Session()).provide())`
	cmd := exec.Command("/usr/bin/python3", "-c", program) // Debian's
	cmd.Env = []string{"HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "ModuleNotFoundError") {
		t.Skipf("Debian's package python3-boto3 is not installed: %s", out)
	}
	if got := strings.TrimSpace(string(out)); err != nil || got != "us-east-1" {
		t.Errorf("the region is %s, %v, want us-east-1", got, err)
	}
}

// checkObjects checks that the clients' objects are there, and that the audit has their keys.
func checkObjects(t *testing.T, puts map[string]func(string) error, log string) {
	objects, err := world.s3.Bucket(bucket).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	isOthers := func(o testenv.Object) bool { return !strings.Contains(o.Key, "/") } // another test's
	objects = slices.DeleteFunc(objects, isOthers)
	t.Logf("%d objects of %d clients", len(objects), len(puts))
	if len(objects) != 2*len(puts) {
		t.Errorf("%d clients have written %d objects, want 2 each", len(puts), len(objects))
	}
	for name := range puts {
		if strings.HasSuffix(name, "-imds") {
			name = "imds"
		}
		if n := strings.Count(log, `"msg":"credentials issued","service":"`+name+`"`); n < 2 {
			t.Errorf("the audit has %d lines of %s, want 2 at least", n, name)
		}
	}
}
