package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestDocumentMarkers: a line that ends a document, or begins an empty one, is not a second document.
func TestDocumentMarkers(t *testing.T) {
	for _, text := range []string{"---\n" + one, one + "...\n", one + "---\n", one + "---\n# nothing\n"} {
		if _, err := Parse(t.Context(), "c.yaml", []byte(text), paper(nil, nil)); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
	}
}

// TestDefaults: a minimal file gets CredProxy's defaults.
func TestDefaults(t *testing.T) {
	c, err := Parse(t.Context(), "c.yaml", []byte(one), paper(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	l := c.Server.Listeners
	if len(l) != 1 || l[0].Address != "localhost:1338" || fmt.Sprint(l[0].Faces) != "[container process]" {
		t.Errorf("listeners %+v, want one at localhost:1338 with the faces container and process", l)
	}
	if got, want := c.Credentials, (Refresh{Buffer: 300, RetryDelay: 60, Timeout: 30, Prefetch: true}); got != want {
		t.Errorf("credentials %+v, want %+v", got, want)
	}
	if p := c.Metrics.Prometheus; !p.Enabled || p.Host != "127.0.0.1" || p.Port != 9090 {
		t.Errorf("metrics %+v, want CredProxy's port, on loopback", p)
	}
	s := c.Services["one"]
	if s.Role.SessionName != "credproxy" || s.Role.Duration != 900 || s.TokenOverlap != 300 {
		t.Errorf("service %+v, want CredProxy's defaults", s)
	}
	if len(s.AuthToken) != 0 || len(s.TokenHashes) != 1 {
		t.Errorf("%d tokens and %d hashes are kept, want the hash only", len(s.AuthToken), len(s.TokenHashes))
	}
}

// TestParseJSON: JSON is accepted, and so are the several forms of tokens and
// policies.
func TestParseJSON(t *testing.T) {
	text := `{"services": {"a": {
	"auth_token": ["t0123456789abcdef", "u0123456789abcdef"],
	"source_credentials": {"region": "us-isob-east-1"},
	"assumed_role": {
		"RoleArn": "arn:aws-iso-b:iam::123456789012:role/r",
		"Policy": {"Version": "2012-10-17"},
		"PolicyArns": ["arn:aws-iso-b:iam::aws:policy/ReadOnlyAccess", {"arn": "arn:aws-iso-b:iam::aws:policy/Other"}]
	}
}}}`
	c, err := Parse(t.Context(), "c.json", []byte(text), paper(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services["a"]
	if len(s.TokenHashes) != 2 || string(s.Role.Policy) != `{"Version":"2012-10-17"}` ||
		len(s.Role.PolicyARNs) != 2 || s.Role.PolicyARNs[1] != "arn:aws-iso-b:iam::aws:policy/Other" {
		t.Errorf("got %d tokens, policy %s, ARNs %v", len(s.TokenHashes), s.Role.Policy, s.Role.PolicyARNs)
	}
}

// TestParseServices: a folder's file has services, or else is one of its own name.
// Its other settings are ignored, and the main file's defaults hold.
func TestParseServices(t *testing.T) {
	defaults := Source{Region: "eu-west-1"}
	for text, want := range map[string]string{
		one: "one", "x-note: 1\nserver: {port: 1}\n" + one: "one",
		"auth_token: " + tokenOne + "\n" + role: "bare",
	} {
		c, err := ParseServices(t.Context(), "bare.yaml", "bare", []byte(text), paper(nil, nil), defaults)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if s, has := c.Services[want]; !has || len(c.Services) != 1 || s.Source.Region != "eu-west-1" {
			t.Errorf("%q: services %+v, want %s in the defaults' region", text, c.Services, want)
		}
	}
	const bare = "auth_token: " + tokenOne + "\nassumed_role: {RoleArn: r}"
	_, err := ParseServices(t.Context(), "bare.yaml", "bare", []byte(bare), paper(nil, nil), defaults)
	want := `bare.yaml:2: services.bare.assumed_role.RoleArn "r" does not have the expected form: ` + writeARN
	if err == nil || err.Error() != want {
		t.Errorf("a mistake in one: %v, want %s", err, want)
	}
}

// TestReferences: which texts are references, and what they become.
func TestReferences(t *testing.T) {
	files := map[string]string{"/one": "value\n", "/lines": "a\nb\n", "/ref": "${fromEnv:INNER}"}
	for _, tt := range []struct {
		name, text, want string
		env              map[string]string
	}{
		{"a variable", "a ${fromEnv:INNER} b ${fromEnv:INNER}", "a inner b inner", nil},
		{"a line loses its newline", "${fromFile:/one}", "value", nil},
		{"lines keep theirs", "${fromFile:/lines}", "a\nb\n", nil},
		{"a reference in a file", "${fromFile:/ref}", "inner", nil},
		{"not a reference", "${other:INNER} $fromEnv:INNER", "${other:INNER} $fromEnv:INNER", nil},
		{"other tags", "${env|INNER} ${fromEnv:INNER}", "inner ${fromEnv:INNER}",
			map[string]string{"CREDPROXY_FROM_ENV_TAG": "env", "CREDPROXY_TAG_SEPARATOR": "|"}},
		{"another prefix", "${e:INNER}", "inner",
			map[string]string{"CREDPROXY_NAMESPACE": "MY_", "MY_FROM_ENV_TAG": "e"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"INNER": "inner"}
			for name, value := range tt.env {
				env[name] = value
			}
			got, err := newExpander(t.Context(), paper(env, files)).text(tt.text, 0)
			if err != nil || got != tt.want {
				t.Errorf("text(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

// TestSourceOr: a source is completed by the defaults.
func TestSourceOr(t *testing.T) {
	keys, profile := &Keys{ID: "AKIA"}, &Profile{Name: "p"}
	for _, tt := range []struct {
		name           string
		own, def, want Source
	}{
		{"nothing of its own", Source{}, Source{Region: "eu-west-1", Keys: keys},
			Source{Region: "eu-west-1", Keys: keys}},
		{"its own profile drops the defaults' keys", Source{Profile: profile},
			Source{Region: "eu-west-1", Keys: keys}, Source{Region: "eu-west-1", Profile: profile}},
		{"both of its own", Source{Profile: profile, Keys: keys}, Source{}, Source{Profile: profile}},
		{"its own region", Source{Region: "us-east-1"}, Source{Region: "eu-west-1"}, Source{Region: "us-east-1"}},
	} {
		if got := tt.own.or(tt.def); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestOverrides: variables win over the file.
func TestOverrides(t *testing.T) {
	env := map[string]string{
		"CREDPROXY_PORT":                         "8080",
		"CREDPROXY_METRICS_PROMETHEUS_ENABLED":   "false",
		"CREDPROXY_REFRESH_BUFFER_SECONDS":       "600",
		"CREDPROXY_DYNAMIC_SERVICES_ENABLED":     "yes",
		"CREDPROXY_DYNAMIC_SERVICES_DIRECTORIES": "/a, /b",
		"CREDPROXY_LOG_HEALTH_CHECKS":            "on",
	}
	c, err := Parse(t.Context(), "c.yaml", []byte(one), paper(env, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Port != 8080 || c.Metrics.Prometheus.Enabled || c.Credentials.Buffer != 600 ||
		!c.Server.LogHealthChecks ||
		!c.Dynamic.Enabled || len(c.Dynamic.Directories) != 2 || c.Dynamic.Directories[1].Path != "/b" {
		t.Errorf("got %+v %+v %+v", c.Server, c.Metrics, c.Dynamic)
	}
	env = map[string]string{"CREDPROXY_PORT": "http"}
	_, err = Parse(t.Context(), "c.yaml", []byte(one), paper(env, nil))
	if want := `environment: CREDPROXY_PORT "http" is not a whole number`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestDirectoryMatches: which files of a folder hold services.
func TestDirectoryMatches(t *testing.T) {
	for _, tt := range []struct {
		dir  Directory
		path string
		want bool
	}{
		{Directory{}, "/d/a.yaml", true},
		{Directory{}, "/d/a.json", true},
		{Directory{}, "/d/a.txt", false},
		{Directory{}, "/d/..data", false},
		{Directory{Include: []string{`.*\.yaml$`}}, "/d/a.yaml", true},
		{Directory{Include: []string{`.*\.yaml$`}}, "/d/a.yml", false},
		{Directory{Include: []string{`^dev-.*\.yaml$`}}, "/d/dev-a.yaml", true},
		{Directory{Include: []string{`^dev-.*\.yaml$`}}, "/d/a-dev-a.yaml", false},
		{Directory{Include: []string{`.*/staging/.*\.yaml$`}}, "/d/staging/a.yaml", true},
		{Directory{Exclude: []string{`^\..*`}}, "/d/.a.yaml", false},
		{Directory{Include: []string{`.*`}, Exclude: []string{`/d/a`}}, "/d/a.yaml", false},
		{Directory{Glob: "*.yml"}, "/d/a.yaml", false},
	} {
		if got := tt.dir.Matches(tt.path); got != tt.want {
			t.Errorf("%+v Matches(%s) = %t, want %t", tt.dir, tt.path, got, tt.want)
		}
	}
}

// TestPartitions: each region has its partition, and each partition's roles are
// accepted with such a region and get one without.
func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-1": "aws", "il-central-1": "aws", "cn-north-1": "aws-cn",
		"us-gov-east-1": "aws-us-gov", "us-iso-west-1": "aws-iso", "us-isob-west-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-east-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := partitionOfRegion(region).name; got != want {
			t.Errorf("partitionOfRegion(%s) = %s, want %s", region, got, want)
		}
		arn := "arn:" + want + ":iam::123456789012:role/r"
		parse := func(source string) string {
			text := fmt.Sprintf("services: {a: {auth_token: t0123456789abcdef, %s assumed_role: {RoleArn: %q}}}",
				source, arn)
			c, err := Parse(t.Context(), "c.yaml", []byte(text), paper(nil, nil))
			if err != nil {
				t.Fatalf("%s with %q: %v", arn, source, err)
			}
			return c.Services["a"].Source.Region
		}
		if got := parse(fmt.Sprintf("source_credentials: {region: %s},", region)); got != region {
			t.Errorf("with region %s, %s is asked for in %q", region, arn, got)
		}
		// The chain's own region is of partition aws.
		if got := parse(""); (got == "") != (want == "aws") || partitionOfRegion(got).name != want {
			t.Errorf("without a region, %s is asked for in %q", arn, got)
		}
		home, known := partitionOfRole(arn)
		if !known || partitionOfRegion(home.region).name != want {
			t.Errorf("partitionOfRole(%s) = %+v, %t, want a region of it", arn, home, known)
		}
	}
}

// TestPrinting: nothing that holds a secret prints it.
func TestPrinting(t *testing.T) {
	keys := Keys{ID: planted, Secret: planted, Token: planted}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		text := fmt.Sprintf(verb, keys)
		if strings.Contains(text, planted) || strings.Contains(text, fmt.Sprintf("%x", planted)) {
			t.Errorf("%s prints a secret", verb)
		}
	}
	s := Secret(planted)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("a log", "secret", s)
	for _, text := range []string{s.String(), s.GoString(), log.String()} {
		if strings.Contains(text, planted) || !strings.Contains(text, "***") {
			t.Errorf("%q, want asterisks", strings.ReplaceAll(text, planted, "SECRET"))
		}
	}
}

// TestSchemaForEditors: it is JSON, and its patterns accept references.
func TestSchemaForEditors(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	region := schema["definitions"].(map[string]any)["region"].(map[string]any)["pattern"].(string)
	if !strings.HasPrefix(region, `\$\{|`) {
		t.Errorf("a region's pattern is %s, want one that accepts references", region)
	}
}

// TestSchemaIsCompiledOnce: compiling takes longer than validating a file.
func TestSchemaIsCompiledOnce(t *testing.T) {
	first, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := loadSchema(); second != first {
		t.Error("the schema was compiled twice")
	}
}
