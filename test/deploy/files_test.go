package deploy

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"sigs.k8s.io/yaml"
)

// checkFluentBit has the command check a configuration.
func checkFluentBit(t *testing.T, name, text string) {
	t.Helper()
	program, err := filepath.Abs("../../build/sluice")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("build/sluice is missing: run make")
	}
	file := filepath.Join(t.TempDir(), "fluent-bit.conf")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "check", file)
	cmd.Env = append(os.Environ(), "LOG_BUCKET=my-logs", "AWS_REGION=eu-central-1")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(": ok")) {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func TestFluentBitConfigurations(t *testing.T) {
	for _, name := range []string{
		"eks/kustomize/fluent-bit.conf", "compose/fluent-bit.conf", "ecs-firelens/extra.conf",
	} {
		checkFluentBit(t, name, string(read(t, name)))
	}
	checkFluentBit(t, "cloud-init", cloudConfig(t).WriteFiles[0].Content)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(root + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// cloudInit has the keys of cloud-init that are used.
type cloudInit struct {
	Packages   []string `json:"packages"`
	WriteFiles []struct {
		Path        string `json:"path"`
		Permissions string `json:"permissions"`
		Content     string `json:"content"`
	} `json:"write_files"`
	RunCmd [][]string `json:"runcmd"`
}

func cloudConfig(t *testing.T) (c cloudInit) {
	t.Helper()
	text := read(t, "ec2/cloud-init.yaml")
	if !bytes.HasPrefix(text, []byte("#cloud-config\n")) {
		t.Error("cloud-init ignores user data that does not begin with #cloud-config")
	}
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// policy is a document of IAM, S3 or a role's trust.
type policy struct {
	Version   string
	Statement []struct {
		Sid, Effect string
		Principal   any
		Action      any
		Resource    any
		Condition   map[string]map[string]any
	}
}

// actions are those of the service authorization reference that the features need.
var actions = []string{
	"s3:*", // of a bucket policy that refuses
	"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListBucketMultipartUploads", "s3:PutObjectAcl",
	"s3:PutObjectTagging", "s3:PutObjectRetention", "s3:PutObjectLegalHold",
	"kms:GenerateDataKey", "kms:Decrypt", "sts:AssumeRole", "sts:TagSession",
	"sts:SetSourceIdentity", "sts:AssumeRoleWithWebIdentity",
}

func TestPolicies(t *testing.T) {
	files, err := filepath.Glob(root + "iam/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("too few policies: %v, %v", files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if name == "lifecycle.json" {
			continue
		}
		var p policy
		strict(t, "iam/"+name, &p)
		if p.Version != "2012-10-17" {
			t.Errorf("%s has the version %q", name, p.Version)
		}
		trust := strings.HasPrefix(name, "trust-")
		for _, s := range p.Statement {
			if s.Effect != "Allow" && s.Effect != "Deny" {
				t.Errorf("%s: the effect is %q", name, s.Effect)
			}
			if (s.Principal != nil) != (trust || name == "bucket-policy.json") || (s.Resource == nil) != trust {
				t.Errorf("%s: a principal or a resource is missing, or out of place", name)
			}
			for _, action := range list(s.Action) {
				if !slices.Contains(actions, action) || (action == "s3:*" && s.Effect != "Deny") {
					t.Errorf("%s: the action %q is unknown, or too much", name, action)
				}
			}
		}
	}
}

// list returns a value that is one text or several.
func list(v any) (all []string) {
	if one, is := v.(string); is {
		return []string{one}
	}
	several, _ := v.([]any)
	for _, each := range several {
		text, _ := each.(string)
		all = append(all, text)
	}
	return all
}

// strict decodes a file of JSON. A key that v does not have is an error.
func strict(t *testing.T, name string, v any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(read(t, name)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestTaskDefinitions decodes them as the request that registers them.
func TestTaskDefinitions(t *testing.T) {
	for _, name := range []string{"ecs-firelens/task-definition.json", "sidecar/ecs/task-definition.json"} {
		var task ecs.RegisterTaskDefinitionInput
		strict(t, name, &task)
		volumes, containers := map[string]bool{}, map[string]bool{}
		for _, v := range task.Volumes {
			volumes[*v.Name] = true
		}
		for _, c := range task.ContainerDefinitions {
			containers[*c.Name] = true
			if l := c.LogConfiguration; l != nil && !slices.Contains(l.LogDriver.Values(), l.LogDriver) {
				t.Errorf("%s: %s has the log driver %q", name, *c.Name, l.LogDriver)
			}
			for _, m := range c.MountPoints {
				if !volumes[*m.SourceVolume] {
					t.Errorf("%s: %s mounts the volume %s, which does not exist", name, *c.Name, *m.SourceVolume)
				}
			}
			if c.StopTimeout != nil && *c.StopTimeout > 120 {
				t.Errorf("%s: %s has a stopTimeout beyond Fargate's 120 s", name, *c.Name)
			}
		}
		for _, c := range task.ContainerDefinitions {
			for _, d := range c.DependsOn {
				if !containers[*d.ContainerName] || !slices.Contains(d.Condition.Values(), d.Condition) {
					t.Errorf("%s: %s depends on %s being %s", name, *c.Name, *d.ContainerName, d.Condition)
				}
			}
		}
	}
}
