package docker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/test/testenv"
)

// patience is how long to wait for something that does not happen.
const patience = 3 * time.Minute

// TestComposeFiles starts Compose files with the sidecar as they are. In each, AWS CLIs find keys in the way that
// their service names, and ask STS whose they are. Images that the engine does not have are made here.
func TestComposeFiles(t *testing.T) {
	skipWithout(t, "docker", "debootstrap")
	skipWithoutEngine(t)
	compose := composeCommand(t)
	base, clients := baseImage(t), clientsImage(t)
	buildImage(t, base, "sidecar", "sluice-sidecar") // as "make images" calls it
	sts := startSTS(t, clients)
	cliImage(t, clients, sts.Endpoint)
	substitute(t, clients, "alpine:3")

	for _, c := range []struct {
		name, file string
		env        []string
		want       map[string]string // the role of each client
	}{
		{"example", "../../deploy/sidecar/compose/compose.yaml", []string{"APP_TOKEN=a-token-of-thirty-two-characters"},
			map[string]string{"app": "app", "instance": "app"}},
		{"CredProxy's", "testdata/credproxy/docker-compose.yaml", nil,
			map[string]string{"full-uri": "service-a", "relative-uri": "service-b", "direct": "service-a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, compose, c.file, append(c.env, "HOME="+homeWith(t, "sts", sts.Endpoint)))
			p.run("up", "-d")
			for service, role := range c.want {
				if said := p.output(service); !strings.Contains(said, "assumed-role/"+role+"/") {
					t.Errorf("%s: STS knows it as\n%s\nwant the role %s", service, said, role)
				}
			}
		})
	}
}

// composeCommand is Compose, as the plugin of docker or by itself.
func composeCommand(t *testing.T) []string {
	t.Helper()
	if exec.Command("docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	skipWithout(t, "docker-compose")
	return []string{"docker-compose"}
}

// clientsImage returns an image with clients of the sidecar, made of Debian packages, once.
func clientsImage(t *testing.T) (name string) {
	t.Helper()
	name = "sluice-test-clients"
	if exec.Command("docker", "image", "inspect", name).Run() == nil {
		return name
	}
	root := t.TempDir()
	run(t, "", "debootstrap", "--variant=minbase", "bookworm", root)
	// debootstrap itself does not configure the CLI's Python modules in an order that works.
	run(t, "", "chroot", root, "env", "DEBIAN_FRONTEND=noninteractive",
		"apt-get", "install", "-qy", "--no-install-recommends", "awscli", "curl", "iproute2", "socat",
		"libsqlite3-0", "libssl3", "libstdc++6", "libyaml-0-2") // Fluent Bit's
	run(t, root, "sh", "-c", "rm -rf usr/share/doc usr/share/man usr/share/locale var/cache/apt var/lib/apt/lists")
	run(t, "", "sh", "-c", fmt.Sprintf("tar -C %s -c . | docker import - %s", root, name))
	return name
}

// gateway is the address of this machine that all containers reach.
func gateway(t *testing.T, clients string) string {
	t.Helper()
	route := strings.Fields(docker(t, "run", "--rm", clients, "ip", "route", "show", "default"))
	if len(route) < 3 {
		t.Fatalf("a container's default route is %q, want one via a gateway", route)
	}
	return route[2]
}

// startSTS starts STS where all containers reach it.
func startSTS(t *testing.T, clients string) *testenv.STS {
	t.Helper()
	sts, err := testenv.StartSTSAt(net.JoinHostPort(gateway(t, clients), "0"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sts.Close)
	return sts
}

// cliImage makes the image of the AWS CLI. It knows where STS is, since no public name leads here.
func cliImage(t *testing.T, clients, sts string) {
	t.Helper()
	const name = "amazon/aws-cli"
	if exec.Command("docker", "image", "inspect", name).Run() == nil {
		t.Skipf("the engine has an image %s that asks the real STS", name)
	}
	dir := t.TempDir()
	text := fmt.Sprintf("FROM %s\nENTRYPOINT [\"aws\", \"--endpoint-url\", %q]\n", clients, sts)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	docker(t, "build", "-q", "-t", name, dir)
	removeImage(t, name)
}

// substitute gives an image the name of one that the engine does not have.
func substitute(t *testing.T, image, name string) {
	t.Helper()
	if exec.Command("docker", "image", "inspect", name).Run() == nil {
		return
	}
	docker(t, "tag", image, name)
	removeImage(t, name)
}

// removeImage removes a name at the end of the test.
func removeImage(t *testing.T, name string) {
	t.Cleanup(func() {
		if out, err := exec.Command("docker", "rmi", name).CombinedOutput(); err != nil {
			t.Errorf("remove the image %s: %v: %s", name, err, out)
		}
	})
}

// homeWith returns a home whose default profile has the owner's keys and says where a service is.
func homeWith(t *testing.T, service, endpoint string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	keys := testenv.OwnerKeys()
	text := fmt.Sprintf("[default]\nregion = eu-central-1\nservices = here\naws_access_key_id = %s\n"+
		"aws_secret_access_key = %s\n\n[services here]\n%s =\n  endpoint_url = %s\n",
		keys.AccessKeyID, keys.SecretAccessKey, service, endpoint)
	if err := os.Mkdir(filepath.Join(dir, ".aws"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".aws/config"), []byte(text), 0o644); err != nil { // for user 1338
		t.Fatal(err)
	}
	return dir
}

// project is a Compose file that was started.
type project struct {
	t       *testing.T
	command []string
	env     []string
}

// newProject prepares a Compose file, with variables beside PATH. What it has started is removed at the end.
func newProject(t *testing.T, compose []string, file string, env []string) project {
	t.Helper()
	p := project{
		t: t, command: slices.Concat(compose, []string{"-p", projectName(), "-f", file}),
		env: append([]string{"PATH=" + os.Getenv("PATH")}, env...),
	}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := p.cmd("logs", "--no-color", "--tail", "50").CombinedOutput()
			t.Logf("%s", out)
		}
		if out, err := p.cmd("down", "-v", "-t", "0").CombinedOutput(); err != nil {
			t.Errorf("compose down: %v\n%s", err, out)
		}
	})
	return p
}

func projectName() string { return fmt.Sprintf("sluice-test-%d", os.Getpid()) }

func (p project) cmd(args ...string) *exec.Cmd {
	cmd := exec.Command(p.command[0], slices.Concat(p.command[1:], args)...)
	cmd.Env = p.env
	return cmd
}

func (p project) run(args ...string) string {
	p.t.Helper()
	out, err := p.cmd(args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("compose %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// output waits for the end of a service, and returns what it has printed.
func (p project) output(service string) string {
	p.t.Helper()
	id := lastLine([]byte(p.run("ps", "-q", service)))
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "docker", "wait", id).CombinedOutput(); err != nil {
		p.t.Fatalf("%s does not end: %v: %s", service, err, out)
	}
	out, err := exec.Command("docker", "logs", id).CombinedOutput()
	if err != nil {
		p.t.Fatal(err)
	}
	return string(out)
}
