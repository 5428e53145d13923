package sidecar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files of a world that has no others.
func paperWorld(variables, contents map[string]string) World {
	w := world(variables)
	w.ReadFile = func(_ context.Context, path string) ([]byte, error) {
		if text, is := contents[path]; is {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return w
}

func TestParseSaysAllThatIsWrong(t *testing.T) {
	const role = `assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/r"}`
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "c.yaml: holds no settings: write settings as name: value"},
		{"no YAML", "a: [", "c.yaml:1: is neither YAML nor JSON: look for a missing colon or quote, and at the indentation"},
		{"a name twice", "a: 1\na: 2", "c.yaml:2: is neither YAML nor JSON: a name occurs twice in one place"},
		{"two documents", "services: {}\n---\nservices: {}", "c.yaml:3: is a second YAML document: leave one, without a line --- before another"},
		{"aliases without measure", bomb(), "c.yaml: has aliases that stand for more than is read: write out what they stand for"},
		{"without end", strings.Repeat("[", 20_000), "c.yaml: is nested too deeply: use fewer levels"},
		{"a reference that is none", "services:\n  a: {auth_token: '${APP_TOKEN_OF_THE_SERVICE}', " + role + "}\n  b: {auth_token: [t0123456789abcdef, 'x-${fromenv:X}'], " + role + "}",
			"c.yaml:2: services.a.auth_token has ${…} in it that is not a reference: write ${fromEnv:NAME} or ${fromFile:PATH}\n" +
				"c.yaml:3: services.b.auth_token has ${…} in it that is not a reference: write ${fromEnv:NAME} or ${fromFile:PATH}"},
		{"tokens that no header can carry", "services:\n  a: {auth_token: '${fromFile:/lines}', " + role + "}\n  b: {auth_token: \"t0123456789abcdef\\x7f\", " + role + "}",
			"c.yaml:2: services.a.auth_token has a line break or another control character in it: write one line of printable characters\n" +
				"c.yaml:3: services.b.auth_token has a line break or another control character in it: write one line of printable characters"},
		{"no service", "server: {port: 1}", "c.yaml:1: is incomplete: name a service under services, or set dynamic_services.enabled: true"},
		{"unknown names", "servics: {}\nservices:\n  a: {auth_token: t0123456789abcdef, rol: 1, " + role + "}",
			"c.yaml:1: servics is not known: known here are aws_defaults, credentials, dynamic_services, metrics, server, services\n" +
				"c.yaml:3: services.a.rol is not known: known here are assumed_role, auth_token, auth_token_sha256, expires, pass_through, source_credentials, token_overlap_seconds"},
		{"a service's name", "services:\n  a b: {}", "c.yaml:2: services.a b is not known: a name is of letters, digits, _ and -"},
		{"numbers", "server: {port: 70000}\ncredentials: {retry_delay: soon}\nservices:\n  a: {auth_token: t0123456789abcdef, " + role + "}",
			"c.yaml:1: server.port 70000 is more than 65535\nc.yaml:2: credentials.retry_delay \"soon\" is of type string, not integer"},
		{"secrets are not shown", "services:\n  a:\n    auth_token: 12345678\n    source_credentials: {iam_keys: {aws_access_key_id: '" + planted + " ', aws_secret_access_key: short}}\n    " + role,
			"c.yaml:3: services.a.auth_token is of type number, not string or array: write a text of 32 random characters or so, or ${fromFile:PATH}; quote numbers\n" +
				"c.yaml:4: services.a.source_credentials.iam_keys.aws_access_key_id is not of the form that is wanted: write the key's ID, which begins with AKIA or ASIA\n" +
				"c.yaml:4: services.a.source_credentials.iam_keys.aws_secret_access_key is shorter than 8 characters: write the secret of 40 characters, or ${fromFile:PATH}"},
		{"no role", "services:\n  a: {auth_token: t0123456789abcdef}",
			"c.yaml:2: services.a is incomplete or ambiguous: set assumed_role, or else pass_through: true to hand out the source's own keys"},
		{"a role and pass_through", "services:\n  a: {auth_token: t0123456789abcdef, pass_through: true, " + role + "}",
			"c.yaml:2: services.a is incomplete or ambiguous: set assumed_role, or else pass_through: true to hand out the source's own keys"},
		{"no token", "services:\n  a: {" + role + "}", "c.yaml:2: services.a is incomplete: set auth_token: without one anybody could ask"},
		{"references", "services:\n  a: {auth_token: '${fromEnv:NOBODY}', expires: '${fromFile:/nowhere}', " + role + "}",
			"c.yaml:2: services.a.auth_token \"${fromEnv:NOBODY}\" names the variable NOBODY, which is not set\n" +
				"c.yaml:2: services.a.expires \"${fromFile:/nowhere}\" names the file /nowhere, which cannot be read (file does not exist)"},
		{"references in a circle", "services:\n  a: {auth_token: '${fromEnv:CIRCLE}', " + role + "}",
			"c.yaml:2: services.a.auth_token \"${fromEnv:CIRCLE}\" leads to references more than 10 deep"},
		{"a reference's value is not shown", "services:\n  a:\n    auth_token: t0123456789abcdef\n    assumed_role: {RoleArn: '${fromEnv:SECRET}'}",
			"c.yaml:4: services.a.assumed_role.RoleArn \"${fromEnv:SECRET}\" is not of the form that is wanted: write arn:aws:iam::ACCOUNT:role/NAME (or aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-eusc)"},
		{"nor what a rule finds in it", "services:\n  a: {auth_token: t0123456789abcdef, expires: '${fromEnv:SECRET}', pass_through: true}",
			"c.yaml:2: services.a.expires \"${fromEnv:SECRET}\" is no time of RFC 3339: write a time such as 2027-01-31T00:00:00Z"},
		{"partitions", "services:\n  a:\n    auth_token: t0123456789abcdef\n    source_credentials: {region: eu-west-1}\n    assumed_role: {RoleArn: 'arn:aws-cn:iam::123456789012:role/r'}",
			"c.yaml:5: services.a.assumed_role.RoleArn \"arn:aws-cn:iam::123456789012:role/r\" is in partition aws-cn, but region eu-west-1 is not: write the region of the role's partition into source_credentials"},
		{"a partition that is none", "services:\n  a: {auth_token: t0123456789abcdef, assumed_role: {RoleArn: 'arn:aws-moon:iam::123456789012:role/r'}}",
			"c.yaml:2: services.a.assumed_role.RoleArn \"arn:aws-moon:iam::123456789012:role/r\" names no partition of AWS: write arn:aws:iam::… or arn:aws-cn:iam::… and so on"},
		{"one token for two", "services:\n  a: {auth_token: t0123456789abcdef, " + role + "}\n  b: {auth_token: t0123456789abcdef, " + role + "}",
			"c.yaml:3: services.b.auth_token is the token of service a, too: give each service a token of its own"},
		{"times, policies and tags", "services:\n  a:\n    auth_token: t0123456789abcdef\n    expires: tomorrow\n    assumed_role:\n      RoleArn: arn:aws:iam::123456789012:role/r\n      Policy: '{'\n      TransitiveTagKeys: [team]",
			"c.yaml:4: services.a.expires \"tomorrow\" is no time of RFC 3339: write a time such as 2027-01-31T00:00:00Z\n" +
				"c.yaml:7: services.a.assumed_role.Policy \"{\" is no JSON: write a policy document\n" +
				"c.yaml:8: services.a.assumed_role.TransitiveTagKeys.0 \"team\" is not the Key of one of the Tags: add the tag, or leave the key out"},
		{"other machines", "server: {host: 0.0.0.0}\n" + one,
			"c.yaml:1: server.host \"0.0.0.0\" can be reached from other machines: listen on localhost or a unix socket, or set allow_remote: true beside it"},
		{"form and meaning", "server: {host: 0.0.0.0, prot: 1}\nservices:\n  a: {auth_token: t0123456789abcdef, expires: tomorrow, assumed_role: {RoleArn: r}}",
			"c.yaml:1: server.host \"0.0.0.0\" can be reached from other machines: listen on localhost or a unix socket, or set allow_remote: true beside it\n" +
				"c.yaml:1: server.prot is not known: known here are allow_remote, debug, host, hosts, listeners, log_health_checks, port, rate_limit\n" +
				"c.yaml:3: services.a.assumed_role.RoleArn \"r\" is not of the form that is wanted: write arn:aws:iam::ACCOUNT:role/NAME (or aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-eusc)\n" +
				"c.yaml:3: services.a.expires \"tomorrow\" is no time of RFC 3339: write a time such as 2027-01-31T00:00:00Z"},
		{"other machines and imds", "server:\n  listeners:\n  - {address: '10.0.0.1:80', faces: [imds], allow_remote: true, imds: {service: one}}\n  - {address: '127.0.0.1:80', faces: [imds], imds: {service: nobody}}\n  - {address: '127.0.0.1:81', faces: [imds]}\n" + one,
			"c.yaml:3: server.listeners.0.address \"10.0.0.1:80\" can be reached from other machines, and the face imds knows no token: listen on 169.254.169.254:80 or on loopback\n" +
				"c.yaml:4: server.listeners.1.address \"127.0.0.1:80\" hands out service \"nobody\", which is not there: name one of services\n" +
				"c.yaml:5: server.listeners.2.address \"127.0.0.1:81\" has the face imds, but no imds.service: name the service whose key it hands out"},
		{"patterns", "dynamic_services: {enabled: true, directories: [{path: /d, include_patterns: ['(?!x)']}]}",
			"c.yaml:1: dynamic_services.directories.0.include_patterns.0 \"(?!x)\" is not a pattern: write a regular expression of RE2's syntax, which has no lookaround, or a shell pattern as file_pattern"},
		{"more patterns", "dynamic_services: {enabled: true, directories: [{path: /d, exclude_patterns: [a, '[']}], include_patterns: ['(']}",
			"c.yaml:1: dynamic_services.directories.0.exclude_patterns.1 \"[\" is not a pattern: write a regular expression of RE2's syntax, which has no lookaround, or a shell pattern as file_pattern\n" +
				"c.yaml:1: dynamic_services.include_patterns.0 \"(\" is not a pattern: write a regular expression of RE2's syntax, which has no lookaround, or a shell pattern as file_pattern"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := paperWorld(map[string]string{"CIRCLE": "${fromEnv:CIRCLE}", "SECRET": planted}, map[string]string{"/lines": planted + "\n" + planted + "\n"})
			_, err := Parse(context.Background(), "c.yaml", []byte(tt.text), w)
			var mistakes Mistakes
			if !errors.As(err, &mistakes) || err.Error() != tt.want {
				t.Errorf("Parse:\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// bomb is a document of a few bytes whose aliases stand for billions.
func bomb() string {
	text := "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		text += fmt.Sprintf("x-%d: &a%[1]d [%s]\n", i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return text
}

// TestDocumentEnds: a line that ends a document, or begins one without anything in it, is no second one.
func TestDocumentEnds(t *testing.T) {
	for _, text := range []string{"---\n" + one, one + "...\n", one + "---\n", one + "---\n# nothing\n"} {
		if _, err := Parse(context.Background(), "c.yaml", []byte(text), paperWorld(nil, nil)); err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
	}
}

// TestWarnings: what works and is not wise is warned of.
func TestWarnings(t *testing.T) {
	dir := t.TempDir()
	file, ended := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "token")
	write(t, ended, tokenOne+"\n")
	write(t, filepath.Join(dir, "bare"), tokenTwo)
	const others = "can be read or written by other users and holds tokens or keys: chmod 600 FILE, or write ${fromFile:PATH} in their place"
	newline := "service one: its token file " + ended + " ends in a newline, which AWS's SDKs refuse to send: write it with printf %s"
	with := func(token string) string { return strings.Replace(one, tokenOne, token, 1) }
	for _, tt := range []struct {
		name, text string
		mode       fs.FileMode
		want       string
	}{
		{"nothing", one, 0o600, ""},
		{"a group's", one, 0o640, ""},
		{"everybody's", one, 0o644, others},
		{"everybody's to write", one, 0o622, others},
		{"several tokens", with("['${fromFile:" + filepath.Join(dir, "bare") + "}', t0123456789abcdef]"), 0o644, others},
		{"keys", "aws_defaults: {iam_keys: {aws_access_key_id: AKIAIOSFODNN7EXAMPLE, aws_secret_access_key: EXAMPLEKEY}}\n" + with("'${fromFile:"+filepath.Join(dir, "bare")+"}'"), 0o644, others},
		{"everybody's, without secrets", with("'${fromFile:" + filepath.Join(dir, "bare") + "}'"), 0o644, ""},
		{"a newline", with("'${fromFile:" + ended + "}'"), 0o600, newline},
		{"a newline in a list", with("['${fromFile:" + ended + "}']"), 0o600, newline},
		{"a newline elsewhere", strings.Replace(one, "    assumed_role", "    expires: '${fromFile:"+filepath.Join(dir, "expires")+"}'\n    assumed_role", 1), 0o600, ""},
	} {
		write(t, filepath.Join(dir, "expires"), "2037-01-31T00:00:00Z\n")
		write(t, file, tt.text)
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		c, err := Parse(t.Context(), file, []byte(tt.text), world(nil))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got, want := strings.Join(c.Warnings, "\n"), strings.ReplaceAll(tt.want, "FILE", file); strings.TrimPrefix(got, file+" ") != want {
			t.Errorf("%s: warnings %q, want %q", tt.name, got, want)
		}
	}
}

func TestParseFillsIn(t *testing.T) {
	c, err := Parse(context.Background(), "c.yaml", []byte(one), paperWorld(nil, nil))
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
	if len(s.AuthToken) != 0 || len(s.hashes) != 1 {
		t.Errorf("%d tokens and %d hashes are kept, want the hash only", len(s.AuthToken), len(s.hashes))
	}
}

func TestParseJSON(t *testing.T) {
	text := `{
	"services": {"a": {"auth_token": ["t0123456789abcdef", "u0123456789abcdef"], "source_credentials": {"region": "us-isob-east-1"},
		"assumed_role": {"RoleArn": "arn:aws-iso-b:iam::123456789012:role/r", "Policy": {"Version": "2012-10-17"}, "PolicyArns": ["arn:aws-iso-b:iam::aws:policy/ReadOnlyAccess", {"arn": "arn:aws-iso-b:iam::aws:policy/Other"}]}}}
}`
	c, err := Parse(context.Background(), "c.json", []byte(text), paperWorld(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services["a"]
	if len(s.hashes) != 2 || string(s.Role.Policy) != `{"Version":"2012-10-17"}` || len(s.Role.PolicyARNs) != 2 || s.Role.PolicyARNs[1] != "arn:aws-iso-b:iam::aws:policy/Other" {
		t.Errorf("got %d tokens, policy %s, ARNs %v", len(s.hashes), s.Role.Policy, s.Role.PolicyARNs)
	}
}

func TestSubstitution(t *testing.T) {
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
		{"other tags", "${env|INNER} ${fromEnv:INNER}", "inner ${fromEnv:INNER}", map[string]string{"CREDPROXY_FROM_ENV_TAG": "env", "CREDPROXY_TAG_SEPARATOR": "|"}},
		{"another namespace", "${e:INNER}", "inner", map[string]string{"CREDPROXY_NAMESPACE": "MY_", "MY_FROM_ENV_TAG": "e"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"INNER": "inner"}
			for name, value := range tt.env {
				env[name] = value
			}
			got, err := newSubstituter(context.Background(), paperWorld(env, files)).text(tt.text, 0)
			if err != nil || got != tt.want {
				t.Errorf("text(%q) = %q, %v, want %q", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestSourceOr(t *testing.T) {
	keys, profile := &Keys{ID: "AKIA"}, &Profile{Name: "p"}
	for _, tt := range []struct {
		name           string
		own, def, want Source
	}{
		{"nothing of its own", Source{}, Source{Region: "eu-west-1", Keys: keys}, Source{Region: "eu-west-1", Keys: keys}},
		{"its own profile drops the defaults' keys", Source{Profile: profile}, Source{Region: "eu-west-1", Keys: keys}, Source{Region: "eu-west-1", Profile: profile}},
		{"both of its own", Source{Profile: profile, Keys: keys}, Source{}, Source{Profile: profile}},
		{"its own region", Source{Region: "us-east-1"}, Source{Region: "eu-west-1"}, Source{Region: "us-east-1"}},
	} {
		if got := tt.own.or(tt.def); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestOverrides(t *testing.T) {
	env := map[string]string{
		"CREDPROXY_PORT": "8080", "CREDPROXY_METRICS_PROMETHEUS_ENABLED": "false", "CREDPROXY_REFRESH_BUFFER_SECONDS": "600",
		"CREDPROXY_DYNAMIC_SERVICES_ENABLED": "yes", "CREDPROXY_DYNAMIC_SERVICES_DIRECTORIES": "/a, /b", "CREDPROXY_LOG_HEALTH_CHECKS": "on",
	}
	c, err := Parse(context.Background(), "c.yaml", []byte(one), paperWorld(env, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Port != 8080 || c.Metrics.Prometheus.Enabled || c.Credentials.Buffer != 600 || !c.Server.LogHealthChecks ||
		!c.Dynamic.Enabled || len(c.Dynamic.Directories) != 2 || c.Dynamic.Directories[1].Path != "/b" {
		t.Errorf("got %+v %+v %+v", c.Server, c.Metrics, c.Dynamic)
	}
	_, err = Parse(context.Background(), "c.yaml", []byte(one), paperWorld(map[string]string{"CREDPROXY_PORT": "http"}, nil))
	if want := `environment: CREDPROXY_PORT "http" is not a whole number`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDirectoryTakes(t *testing.T) {
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
		if got := tt.dir.takes(tt.path); got != tt.want {
			t.Errorf("%+v takes(%s) = %t, want %t", tt.dir, tt.path, got, tt.want)
		}
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-1": "aws", "il-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "us-iso-west-1": "aws-iso",
		"us-isob-west-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-east-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := partitionOfRegion(region).name; got != want {
			t.Errorf("partitionOfRegion(%s) = %s, want %s", region, got, want)
		}
		arn := "arn:" + want + ":iam::123456789012:role/r"
		text := fmt.Sprintf("services: {a: {auth_token: t0123456789abcdef, source_credentials: {region: %s}, assumed_role: {RoleArn: %q}}}", region, arn)
		if _, err := Parse(context.Background(), "c.yaml", []byte(text), paperWorld(nil, nil)); err != nil {
			t.Errorf("region %s with %s: %v", region, arn, err)
		}
		c, err := Parse(context.Background(), "c.yaml", []byte(fmt.Sprintf("services: {a: {auth_token: t0123456789abcdef, assumed_role: {RoleArn: %q}}}", arn)), paperWorld(nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		// The chain's own region is of partition aws.
		if got := c.Services["a"].Source.Region; (got == "") != (want == "aws") || partitionOfRegion(got).name != want {
			t.Errorf("without a region, %s is asked for in %q", arn, got)
		}
		home, known := partitionOfRole(arn)
		if !known || partitionOfRegion(home.region).name != want {
			t.Errorf("partitionOfRole(%s) = %+v, %t, want a region of it", arn, home, known)
		}
	}
}

// TestSchemaIsForEditors: it is JSON, lets references stand in texts, and shows
// each default.
func TestSchemaIsForEditors(t *testing.T) {
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
		t.Errorf("a region's pattern is %s, want one that lets references pass", region)
	}
}

// TestSchemaIsCompiledOnce: to compile it takes longer than to check a file by it.
func TestSchemaIsCompiledOnce(t *testing.T) {
	first, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := loadSchema(); second != first {
		t.Error("the schema was compiled twice")
	}
}
