package main

import (
	"encoding/json"
	"testing"
)

// explainedConfig has outputs with a role, with a profile, and with a mistake.
const explainedConfig = `[OUTPUT]
    name sluice
    match *
    bucket logs
    role_arn arn:aws:iam::210987654321:role/logs
    external_id ours
[OUTPUT]
    name sluice
    match *
    bucket logs
    profile logs
[OUTPUT]
    name sluice
    match *
    region eu-west-1
`

// TestExplainConfig: each output of a configuration is explained, with its own profile and role.
func TestExplainConfig(t *testing.T) {
	dir := credsHome(t)
	writeFiles(t, dir, map[string]string{"fb.conf": explainedConfig})
	env := startSTS(t).and(vars{"HOME": "DIR/home"})
	explain := []string{"creds", "explain"}
	file := append(explain, "--config", "DIR/fb.conf")
	role := append(explain, "--config", "bucket=logs", "--config", "role_arn=arn:aws:iam::210987654321:role/logs")
	checkAll(t, dir, []example{
		{
			name: "a file", env: env, args: file, code: 1,
			stdout: []string{
				`\ADIR/fb.conf:1:\nPROVIDER`,
				`^environment +won .*AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE$`,
				`^assume-role +won .*role arn:aws:iam::.*:role/logs with the external ID: ASIA.*, expires 20`,
				`^assume-role wins: ASIAIOSFODNN7EXAMPLE, account 210987654321, expires 20`,
				`^\nDIR/fb.conf:7:\nPROVIDER .*\nprofile +won .*"logs" of .*: ASIAIOSFODNN7EXAMPLE, expires 2999-`,
				`^\nDIR/fb.conf:12:\nnothing is asked`,
				`!STS`, `!PLANTED7secret`,
			},
			stderr: []string{`\Asluice: DIR/fb.conf:12: .*bucket is required.*\n\z`},
		},
		{
			name: "a role that is denied", env: env.and(vars{"AWS_ACCESS_KEY_ID": "NONSENSE"}), args: role, code: 1,
			stdout: []string{`^environment +won`, `^assume-role +failed .*InvalidClientTokenId.*the base key does not`},
			stderr: []string{`^sluice: command line: no AWS credentials: correct what the line of assume-role says`},
		},
		{
			name: "no base for the role", env: vars{}, args: role, code: 1,
			stdout: []string{`^assume-role +not-tried`}, stderr: []string{`configure one of the sources$`},
		},
		{name: "a profile besides", args: append(file, "--profile", "logs"), code: 2,
			stderr: []string{`--profile cannot be used with --config: set the property profile`}},
		{name: "no such file", args: append(explain, "--config", "DIR/none"), code: 1,
			stderr: []string{`no such file`}},
		{name: "no property", args: append(explain, "--config", "a=b", "--config", "c"), code: 2,
			stderr: []string{`"c" is not key=value`}},
	})
}

// TestExplainLive: STS is asked whose key has won, and a key that it does not know is a failure.
func TestExplainLive(t *testing.T) {
	live := []string{"creds", "explain", "--live"}
	env := startSTS(t)
	checkAll(t, "", []example{
		{
			name: "known", env: env, args: live, stderr: nothing,
			stdout: []string{
				`^environment wins: AKIAIOSFODNN7EXAMPLE, account 123456789012, expires never$`,
				`^STS says: arn:aws:iam::123456789012:user/AKIAIOSFODNN7EXAMPLE, account 123456789012$`,
			},
		},
		{
			name: "the role's key", env: env,
			args:   append(live, "--config", "bucket=logs", "--config", "role_arn=arn:aws:iam::210987654321:role/logs"),
			stdout: []string{`^STS says: arn:aws:iam::123456789012:user/ASIAIOSFODNN7EXAMPLE`},
		},
		{
			name: "nonsense", env: env.and(vars{"AWS_ACCESS_KEY_ID": "NONSENSE"}), args: live, code: 1,
			stdout: []string{`^environment wins: NONSENSE`, `^STS refuses: .*InvalidClientTokenId.*make a new one`},
			stderr: []string{`\Asluice: STS refuses the credentials\n\z`},
		},
		{
			name: "denied", env: env.and(vars{"AWS_ACCESS_KEY_ID": deniedKey}), args: live, stderr: nothing,
			stdout: []string{`^STS does not say: .*AccessDenied.*policy of the VPC endpoint`},
		},
		{
			name: "no way to ask", env: env.and(vars{"AWS_CA_BUNDLE": "/no-bundle"}), args: live, code: 1,
			stdout: []string{`^STS does not say: read CA bundle: open /no-bundle`},
			stderr: []string{`^sluice: STS could not be asked whose key it is$`},
		},
		{name: "nothing to ask for", args: live, code: 1, stdout: []string{`!STS`}},
	})
}

// TestExplainJSON: scripts find the role, the ARN and what went wrong.
func TestExplainJSON(t *testing.T) {
	dir := credsHome(t)
	writeFiles(t, dir, map[string]string{"fb.conf": explainedConfig})
	env := startSTS(t).and(vars{"HOME": dir + "/home"})
	got := sluice(t.Context(), env, "creds", "explain", "--json", "--live", "--config", dir+"/fb.conf")
	var docs []map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &docs); err != nil || len(docs) != 3 {
		t.Fatalf("%v of %s", err, got.stdout)
	}
	for n, want := range []map[string]any{
		{
			"output": dir + "/fb.conf:1",
			"winner": "assume-role",
			"role":   "arn:aws:iam::210987654321:role/logs",
			"arn":    "arn:aws:iam::123456789012:user/ASIAIOSFODNN7EXAMPLE",
		},
		{"winner": "profile", "role": nil, "expires": "2999-01-01T00:00:00Z"},
		{"winner": "", "error": "configuration mistake: bucket is required: set it to the name of the S3 bucket"},
	} {
		for key, value := range want {
			if docs[n][key] != value {
				t.Errorf("%d: %s is %v, want %v", n, key, docs[n][key], value)
			}
		}
	}
	refused := env.and(vars{"AWS_ACCESS_KEY_ID": "NONSENSE"})
	example{
		name: "one document", env: refused, args: []string{"creds", "explain", "--json", "--live"}, code: 1,
		stdout: []string{`^{"winner":"environment",.*"expires":"","sts_error":".*InvalidClientTokenId.*"}$`},
	}.check(t, dir)
}
