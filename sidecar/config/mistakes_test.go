package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// mistakeTests are texts with everything that Parse says about them. In both,
// ROLE stands for a role's valid parameters and TOKEN for a valid token.
var mistakeTests = []struct{ name, text, want string }{
	{"empty", "", "c.yaml: has no settings: write settings as name: value"},
	{"no YAML", "a: [",
		"c.yaml:1: is neither YAML nor JSON: look for a missing colon or quote, and check the indentation"},
	{"a name twice", "a: 1\na: 2", "c.yaml:2: is neither YAML nor JSON: keep one of the settings of the same name"},
	{"two documents", "services: {}\n---\nservices: {}",
		"c.yaml:3: starts a second YAML document: keep one, and remove the line ---"},
	{"an alias bomb", bomb(), "c.yaml: has aliases that stand for too much: write out what they stand for"},
	{"endless nesting", strings.Repeat("[", 20_000), "c.yaml: is nested too deeply: use fewer levels"},
	{"a tab", "a: 1\n\tb: 2", "c.yaml:2: is neither YAML nor JSON: replace tabs by spaces"},
	{"no anchor", "a: *b", "c.yaml: is neither YAML nor JSON: define the anchor that an alias names"},
	{"infinity", "a: .inf", "c.yaml: cannot be used: write names as text and numbers as finite ones"},

	{"a reference of another program", `
services:
  a: {auth_token: '${APP_TOKEN_OF_THE_SERVICE}', ROLE}
  b: {auth_token: [TOKEN, 'x-${fromenv:X}'], ROLE}`, `
c.yaml:3: services.a.auth_token contains ${…} that is not a reference: write ${fromEnv:NAME} or ${fromFile:PATH}
c.yaml:4: services.b.auth_token contains ${…} that is not a reference: write ${fromEnv:NAME} or ${fromFile:PATH}`},
	{"tokens that no header can carry", `
services:
  a: {auth_token: '${fromFile:/lines}', ROLE}
  b: {auth_token: "TOKEN\x7f", ROLE}`, `
c.yaml:3: services.a.auth_token contains a line break or another control character: ` + writeLine + `
c.yaml:4: services.b.auth_token contains a line break or another control character: ` + writeLine},
	{"no service", "server: {port: 1}",
		"c.yaml:1: is incomplete: name a service under services, or set dynamic_services.enabled: true"},
	{"unknown names", "servics: {}\nservices:\n  a: {auth_token: TOKEN, rol: 1, ROLE}", `
c.yaml:1: servics is not a known setting: write one of aws_defaults, credentials, dynamic_services, metrics, ` +
		`server, services
c.yaml:3: services.a.rol is not a known setting: write one of assumed_role, auth_token, auth_token_sha256, expires, ` +
		`pass_through, reasons, source_credentials, token_overlap_seconds`},
	{"a service's name", "services:\n  a b: {}",
		"c.yaml:2: services.a b is not a known setting: write a name of letters, digits, _ and -"},
	{"numbers", `
server: {port: 70000, rate_limit: 0}
credentials: {retry_delay: soon}
services:
  a: {auth_token: TOKEN, ROLE}`, `
c.yaml:2: server.port 70000 is more than 65535
c.yaml:2: server.rate_limit 0 is less than 1
c.yaml:3: credentials.retry_delay "soon" is of type string, not integer`},
	{"no face", "server: {listeners: [{address: 'unix:/s', faces: [sftp]}, {address: 'unix:/t', faces: []}]}\n" + one, `
c.yaml:1: server.listeners.0.faces.0 "sftp" is not one of container, pod-identity, imds, process, sign
c.yaml:1: server.listeners.1.faces is empty`},
	{"lengths", `
services:
  a:
    auth_token: []
    assumed_role:
      RoleArn: "arn:aws:iam::123456789012:role/r"
      ExternalId: ` + strings.Repeat("x", 1225) + `
      PolicyArns: [` + strings.Repeat("arn:aws:iam::aws:policy/P, ", 11) + `]`, `
c.yaml:4: services.a.auth_token is empty: ` + writeToken + `
c.yaml:7: services.a.assumed_role.ExternalId is longer than 1224 characters: ` +
		`write 2 to 1224 letters, digits and _+=,.@:/-
c.yaml:8: services.a.assumed_role.PolicyArns has more than 10 entries`},
	{"secrets are not shown", `
services:
  a:
    auth_token: 12345678
    source_credentials: {iam_keys: {aws_access_key_id: '` + planted + ` ', aws_secret_access_key: short}}
    ROLE`, `
c.yaml:4: services.a.auth_token is of type number, not string or array: ` + writeToken + `
c.yaml:5: services.a.source_credentials.iam_keys.aws_access_key_id does not have the expected form: ` +
		`write the access key ID, which begins with AKIA or ASIA
c.yaml:5: services.a.source_credentials.iam_keys.aws_secret_access_key is shorter than 8 characters: ` +
		`write the secret access key of 40 characters, or ${fromFile:PATH}`},
	{"no role", "services:\n  a: {auth_token: TOKEN}",
		"c.yaml:2: services.a is incomplete or ambiguous: " + setRole},
	{"a role and pass_through", "services:\n  a: {auth_token: TOKEN, pass_through: true, ROLE}",
		"c.yaml:2: services.a is incomplete or ambiguous: " + setRole},
	{"no token", "services:\n  a: {ROLE}",
		"c.yaml:2: services.a is incomplete: set auth_token: without one, anyone could ask"},
	{"half a pair of keys", "aws_defaults: {iam_keys: {aws_access_key_id: AKIAIOSFODNN7EXAMPLE}}\n" + one,
		"c.yaml:1: aws_defaults.iam_keys.aws_secret_access_key is missing: " +
			"write the secret access key of 40 characters, or ${fromFile:PATH}"},

	{"references", "services:\n  a: {auth_token: '${fromEnv:NOBODY}', expires: '${fromFile:/nowhere}', ROLE}", `
c.yaml:2: services.a.auth_token "${fromEnv:NOBODY}" names the variable NOBODY, which is not set
c.yaml:2: services.a.expires "${fromFile:/nowhere}" names the file /nowhere, which cannot be read ` +
		`(file does not exist)`},
	{"references in a circle", "services:\n  a: {auth_token: '${fromEnv:CIRCLE}', ROLE}",
		`c.yaml:2: services.a.auth_token "${fromEnv:CIRCLE}" leads to references more than 10 deep`},
	{"a reference's value is not shown", `
services:
  a:
    auth_token: TOKEN
    assumed_role: {RoleArn: '${fromEnv:SECRET}'}`,
		`c.yaml:5: services.a.assumed_role.RoleArn "${fromEnv:SECRET}" does not have the expected form: ` + writeARN},
	{"nor by a rule", "services:\n  a: {auth_token: TOKEN, expires: '${fromEnv:SECRET}', pass_through: true}",
		`c.yaml:2: services.a.expires "${fromEnv:SECRET}" is not a valid time: ` +
			`write an RFC 3339 time such as 2027-01-31T00:00:00Z`},
	{"partitions", `
services:
  a:
    auth_token: TOKEN
    source_credentials: {region: eu-west-1}
    assumed_role: {RoleArn: 'arn:aws-cn:iam::123456789012:role/r'}`,
		`c.yaml:6: services.a.assumed_role.RoleArn "arn:aws-cn:iam::123456789012:role/r" is in partition aws-cn, ` +
			`but region eu-west-1 is not: set source_credentials.region to a region of the role's partition`},
	{"an unknown partition",
		"services:\n  a: {auth_token: TOKEN, assumed_role: {RoleArn: 'arn:aws-moon:iam::123456789012:role/r'}}",
		`c.yaml:2: services.a.assumed_role.RoleArn "arn:aws-moon:iam::123456789012:role/r" names no AWS partition: ` +
			`write arn:aws:iam::…, arn:aws-cn:iam::… and so on`},
	{"one token for two", "services:\n  a: {auth_token: TOKEN, ROLE}\n  b: {auth_token: TOKEN, ROLE}",
		"c.yaml:3: services.b.auth_token is also the token of service a: give each service a token of its own"},
	{"times, policies and tags", `
services:
  a:
    auth_token: TOKEN
    expires: tomorrow
    assumed_role:
      RoleArn: arn:aws:iam::123456789012:role/r
      Policy: '{'
      TransitiveTagKeys: [team]`, `
c.yaml:5: services.a.expires "tomorrow" is not a valid time: write an RFC 3339 time such as 2027-01-31T00:00:00Z
c.yaml:8: services.a.assumed_role.Policy "{" is not valid JSON: write a policy document
c.yaml:9: services.a.assumed_role.TransitiveTagKeys.0 "team" is not the Key of any of the Tags: ` +
		`add the tag, or leave the key out`},

	{"other machines", "server: {host: 0.0.0.0}\n" + one,
		`c.yaml:1: server.host "0.0.0.0" can be reached from other machines: ` +
			`listen on localhost or a unix socket, or set allow_remote: true beside it`},
	{"form and meaning", `server: {host: 0.0.0.0, prot: 1}
services:
  a: {auth_token: TOKEN, expires: tomorrow, assumed_role: {RoleArn: r}}`, `
c.yaml:1: server.host "0.0.0.0" can be reached from other machines: ` +
		`listen on localhost or a unix socket, or set allow_remote: true beside it
c.yaml:1: server.prot is not a known setting: write one of allow_remote, debug, host, hosts, listeners, ` +
		`log_health_checks, port, rate_limit
c.yaml:3: services.a.assumed_role.RoleArn "r" does not have the expected form: ` + writeARN + `
c.yaml:3: services.a.expires "tomorrow" is not a valid time: write an RFC 3339 time such as 2027-01-31T00:00:00Z`},
	{"the face imds", `
server:
  listeners:
  - {address: '10.0.0.1:80', faces: [imds], allow_remote: true, imds: {service: one}}
  - {address: '127.0.0.1:80', faces: [imds], imds: {service: nobody}}
  - {address: '127.0.0.1:81', faces: [imds]}
` + one, `
c.yaml:4: server.listeners.0.address "10.0.0.1:80" can be reached from other machines, and the face imds asks for no ` +
		`secret token: listen on 169.254.169.254:80 or on loopback
c.yaml:5: server.listeners.1.address "127.0.0.1:80" hands out service "nobody", which does not exist: ` +
		`name one of services
c.yaml:6: server.listeners.2.address "127.0.0.1:81" has the face imds but no imds.service: ` +
		`name the service whose key it hands out`},
	{"the face sign", `
server:
  listeners:
  - {address: '127.0.0.1:1', faces: [sign]}
  - {address: '127.0.0.1:2', faces: [sign, process], sign: {service: es, region: r, upstream: 'https://h'}}
  - {address: '127.0.0.1:3', faces: [process], service: one}
  - {address: '10.0.0.1:4', faces: [sign], service: one, sign: {service: es, region: r, upstream: 'https://h'},
     allow_remote: true}
  - {address: '127.0.0.1:5', faces: [sign], service: nobody, sign: {service: es, region: r, upstream: 'https://h'}}
  - {address: '127.0.0.1:6', faces: [sign], sign: {service: es, region: r, upstream: h}}
  - {address: '127.0.0.1:7', faces: [sign], sign: {service: es, region: r, upstream: 'https://h/path'}}
` + one, `
c.yaml:4: server.listeners.0.address "127.0.0.1:1" has the face sign but no sign: ` +
		`write sign: {service: es, region: eu-central-1, upstream: https://…}
c.yaml:5: server.listeners.1.address "127.0.0.1:2" has the face sign and others: ` +
		`give the face sign an address of its own: it takes every path
c.yaml:6: server.listeners.2.address "127.0.0.1:3" has settings of the face sign, but not the face: ` +
		`write faces: [sign], or remove sign and service
c.yaml:7: server.listeners.3.address "10.0.0.1:4" can be reached from other machines, and signs with service one for ` +
		`all that ask: listen on loopback or on a unix socket, or remove service, so that a token is needed
c.yaml:9: server.listeners.4.address "127.0.0.1:5" signs with service "nobody", which does not exist: ` +
		`name one of services
c.yaml:10: server.listeners.5.address "127.0.0.1:6" has the upstream "h", which is not a URL: ` +
		`write https://host or https://host:port
c.yaml:11: server.listeners.6.address "127.0.0.1:7" has the upstream "https://h/path", with more than a scheme and ` +
		`a host: write https://host or https://host:port`},
	{"patterns", `
dynamic_services:
  enabled: true
  directories: [{path: /d, include_patterns: ['(?!x)'], exclude_patterns: [a, '[']}]
  include_patterns: ['(']
  directory: /e
  file_pattern: '['`, `
c.yaml:4: dynamic_services.directories.0.exclude_patterns.1 "[" is not a valid pattern: ` + writePattern + `
c.yaml:4: dynamic_services.directories.0.include_patterns.0 "(?!x)" is not a valid pattern: ` + writePattern + `
c.yaml:5: dynamic_services.include_patterns.0 "(" is not a valid pattern: ` + writePattern + `
c.yaml:7: dynamic_services.file_pattern "[" is not a valid pattern: ` + writePattern},
}

// Remedies that occur more than once.
const (
	writeARN = "write arn:aws:iam::ACCOUNT:role/NAME " +
		"(or aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f, aws-eusc)"
	writePattern = "write a regular expression in RE2 syntax, which has no lookaround, " +
		"or a shell pattern in file_pattern"
	writeToken = "write a text of about 32 random characters, or ${fromFile:PATH}; quote numbers"
	writeLine  = "write one line of printable characters"
	setRole    = "set assumed_role, or else pass_through: true to hand out the source's own keys"
)

// TestMistakes: all mistakes are reported at once, with line and remedy.
func TestMistakes(t *testing.T) {
	env := paper(map[string]string{"CIRCLE": "${fromEnv:CIRCLE}", "SECRET": planted},
		map[string]string{"/lines": planted + "\n" + planted + "\n"})
	fill := strings.NewReplacer("TOKEN_OF", "TOKEN_OF", "TOKEN", "t0123456789abcdef", "ROLE", role)
	for _, tt := range mistakeTests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(t.Context(), "c.yaml", []byte(fill.Replace(tt.text)), env)
			var mistakes Mistakes
			if want := strings.TrimPrefix(tt.want, "\n"); !errors.As(err, &mistakes) || err.Error() != want {
				t.Errorf("Parse:\n%v\nwant\n%s", err, want)
			}
		})
	}
}

// bomb is a document of a few bytes whose aliases stand for billions.
func bomb() string {
	text := "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		aliases := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", ")
		text += fmt.Sprintf("x-%d: &a%[1]d [%s]\n", i+1, aliases)
	}
	return text
}
