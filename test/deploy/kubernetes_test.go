// Package deploy validates what stands in deploy/: each file by the rules of the program that reads
// it. It is a module of its own, because Helm and Kubernetes bring many others.
package deploy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const root = "../../deploy/"

// kinds are Kubernetes' own types, which know all fields.
var kinds = map[string]func() any{
	"Namespace":          func() any { return &corev1.Namespace{} },
	"ConfigMap":          func() any { return &corev1.ConfigMap{} },
	"ServiceAccount":     func() any { return &corev1.ServiceAccount{} },
	"DaemonSet":          func() any { return &appsv1.DaemonSet{} },
	"Job":                func() any { return &batchv1.Job{} },
	"ClusterRole":        func() any { return &rbacv1.ClusterRole{} },
	"ClusterRoleBinding": func() any { return &rbacv1.ClusterRoleBinding{} },
	"PriorityClass":      func() any { return &schedulingv1.PriorityClass{} },
}

// decode decodes the documents of a text, by their kinds. A field that its kind does not have is an error.
func decode(text string) (map[string]any, error) {
	all := map[string]any{}
	for document := range strings.SplitSeq(text, "\n---\n") {
		var head struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			return nil, fmt.Errorf("%w in\n%s", err, document)
		}
		if head.Kind == "" {
			continue // an empty document
		}
		known, found := kinds[head.Kind]
		if !found {
			return nil, fmt.Errorf("add the kind %s to this test", head.Kind)
		}
		object := known()
		content, err := yaml.YAMLToJSONStrict([]byte(document))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", head.Kind, err)
		}
		// As the server does, and with its care for upper and lower case.
		if unknown, err := json.UnmarshalStrict(content, object); err != nil || len(unknown) > 0 {
			return nil, fmt.Errorf("%s: %w", head.Kind, errors.Join(append(unknown, err)...))
		}
		all[head.Kind] = object
	}
	return all, nil
}

func TestKustomize(t *testing.T) {
	for folder, want := range map[string][]string{
		"eks/kustomize":      {"Namespace", "ConfigMap", "ServiceAccount", "DaemonSet", "ClusterRole", "PriorityClass"},
		"sidecar/kubernetes": {"ConfigMap", "ServiceAccount", "Job"},
	} {
		built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), root+folder)
		if err != nil {
			t.Errorf("%s: %v", folder, err)
			continue
		}
		text, err := built.AsYaml()
		if err != nil {
			t.Fatal(err)
		}
		checkObjects(t, folder, string(text), want)
	}
}

// checkObjects decodes a text and looks at what its pods mount.
func checkObjects(t *testing.T, name, text string, want []string) map[string]any {
	t.Helper()
	objects, err := decode(text)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	for _, kind := range want {
		if objects[kind] == nil {
			t.Errorf("%s has no %s", name, kind)
		}
	}
	if d, ok := objects["DaemonSet"].(*appsv1.DaemonSet); ok {
		checkPod(t, name, d.Spec.Template.Spec)
	}
	if j, ok := objects["Job"].(*batchv1.Job); ok {
		checkPod(t, name, j.Spec.Template.Spec)
	}
	return objects
}

// checkPod finds mounts without a volume, and images that no registry has.
func checkPod(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		if !strings.Contains(c.Image, "/") {
			t.Errorf("%s: container %s has the image %q without a registry", name, c.Name, c.Image)
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s: container %s mounts the volume %s, which does not exist", name, c.Name, m.Name)
			}
		}
	}
}

// render renders the chart with values.
func render(values map[string]any) (string, error) {
	chart, err := loader.Load(root + "eks/chart")
	if err != nil {
		return "", err
	}
	release := chartutil.ReleaseOptions{Name: "logs", Namespace: "logging", IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return "", err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, content := range files {
		text.WriteString("\n---\n" + content)
	}
	return text.String(), nil
}

func TestChart(t *testing.T) {
	text, err := render(map[string]any{
		"bucket": "my-logs", "region": "eu-central-1", "output": map[string]any{"compression": "zstd"},
		"serviceAccount": map[string]any{"roleArn": "arn:aws:iam::123456789012:role/logs-writer"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ConfigMap", "ServiceAccount", "DaemonSet", "ClusterRole", "ClusterRoleBinding", "PriorityClass"}
	objects := checkObjects(t, "chart", text, want)
	if t.Failed() {
		t.Fatal(text)
	}
	config := objects["ConfigMap"].(*corev1.ConfigMap).Data["fluent-bit.conf"]
	checkFluentBit(t, "chart", config)
	if !strings.Contains(config, "compression zstd") {
		t.Errorf("a property of the output is not in the configuration:\n%s", config)
	}
	role := objects["ServiceAccount"].(*corev1.ServiceAccount).Annotations["eks.amazonaws.com/role-arn"]
	if role != "arn:aws:iam::123456789012:role/logs-writer" {
		t.Errorf("the service account's role is %q", role)
	}
}

func TestChartRefuses(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"no bucket": {"region": "eu-central-1"},
		"a typo":    {"bucket": "my-logs", "region": "eu-central-1", "tolleration": []any{}},
		"no prefix": {"bucket": "my-logs", "region": "eu-central-1", "prefix": "logs"},
	} {
		if _, err := render(values); err == nil {
			t.Errorf("%s: the chart accepts it", name)
		}
	}
}
