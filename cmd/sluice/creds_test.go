package main

import (
	"testing"
)

var credsFiles = map[string]string{
	"home/.aws/config": `[profile logs]
credential_process = cat DIR/keys.json
aws_account_id = 123456789012

[profile region]
region = eu-central-1

[profile typo]
credential_process = echo secret=PLANTED7secret >&2; exit 3

[profile mfa]
role_arn = arn:aws:iam::123456789012:role/logs
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/me
`,
	"home/.aws/credentials": `[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = PLANTED7secret
aws_account_id = 123456789012
`,
	"keys.json": `{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "PLANTED7secret", ` +
		`"Expiration": "2999-01-01T00:00:00Z"}`,
}

// credsHome makes a home folder with profiles.
func credsHome(t *testing.T) (dir string) {
	dir = t.TempDir()
	files := map[string]string{}
	for name, text := range credsFiles {
		files[name] = fillDir(text, dir)
	}
	writeFiles(t, dir, files)
	return dir
}

// TestCredsProcess: the chain's credentials come out as AWS SDKs read them, and
// nothing else.
func TestCredsProcess(t *testing.T) {
	process := []string{"creds", "process"}
	checkAll(t, credsHome(t), []example{
		{
			name: "the environment's keys", env: keys, args: process, stderr: nothing,
			stdout: []string{`^{"Version":1,"AccessKeyId":"` + exampleKey + `",` +
				`"SecretAccessKey":"` + exampleSecret + `"}$`},
		},
		{
			name:   "with a session",
			env:    keys.and(vars{"AWS_SESSION_TOKEN": "token", "AWS_ACCOUNT_ID": "123456789012"}),
			args:   process,
			stdout: []string{`,"SessionToken":"token","AccountId":"123456789012"}$`},
		},
		{
			name:   "half a pair",
			env:    vars{"AWS_SECRET_ACCESS_KEY": exampleSecret},
			args:   process,
			code:   1,
			stdout: nothing,
			stderr: []string{`AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not`, `!EXAMPLEKEY`},
		},
		{
			name: "nothing",
			args: process,
			code: 1,
			stderr: []string{
				`no AWS credentials found: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: not configured;`,
				`EC2 instance metadata at http://127.0.0.1:1: not configured`,
			},
		},
		{
			name:   "no instance",
			env:    vars{"AWS_EC2_METADATA_DISABLED": "true"},
			args:   process,
			code:   1,
			stderr: []string{`AWS_EC2_METADATA_DISABLED is true`},
		},
		{
			name:   "a source that fails ends the chain",
			env:    vars{"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"},
			args:   process,
			code:   1,
			stderr: []string{`AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not`},
		},
		{
			name: "a profile in place of the chain",
			env:  keys.and(vars{"HOME": "DIR/home"}),
			args: append(process, "--profile", "logs"),
			stdout: []string{`^{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"PLANTED7secret",` +
				`"Expiration":"2999-01-01T00:00:00Z","AccountId":"123456789012"}$`},
		},
		{
			name:   "no such profile",
			env:    vars{"HOME": "DIR/home"},
			args:   append(process, "--profile", "nobody"),
			code:   1,
			stdout: nothing,
			stderr: []string{`no such profile`},
		},
	})
}

// TestCredsExplain: each source says what it found and where it looked, and no secret.
func TestCredsExplain(t *testing.T) {
	explain := []string{"creds", "explain"}
	home := vars{"HOME": "DIR/home"}
	unset := vars{"HOME": "DIR/home", "AWS_PROFILE": "region"}
	checkAll(t, credsHome(t), []example{
		{
			name: "nothing", args: explain, code: 1,
			stderr: []string{`\Asluice: no AWS credentials: configure one of the sources\n\z`},
			stdout: []string{
				`^PROVIDER +OUTCOME +TIME +DETAIL$`,
				`^environment +not-configured +\d+ ms +AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY$`,
				`^profile +not-configured .*no such profile .*/no-home/.aws/config and /no-home/.aws/credentials`,
				`^web-identity +not-configured .*AWS_WEB_IDENTITY_TOKEN_FILE$`,
				`^container +not-configured .*AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`,
				`^ec2 +not-configured .*http://127.0.0.1:1 \(.*: dial tcp 127.0.0.1:1: .*\)$`,
				`!: not configured`, `!http.*http`,
			},
		},
		{
			name: "nothing, in JSON", args: append(explain, "--json"), code: 1,
			stdout: []string{
				`^{"winner":"","attempts":\[` +
					`{"provider":"environment","outcome":"not-configured","detail":".*","millis":\d+},`,
				`"access_key_id":"","account_id":"","expires":""}$`,
			},
		},
		{
			name: "a winner", env: home, args: explain, stderr: nothing,
			stdout: []string{
				`^profile +won .*"default" of .*/home/.aws/config and .*/home/.aws/credentials: AKIAIOSFODNN7EXAMPLE$`,
				`^ec2 +not-tried`,
				`^profile wins: AKIAIOSFODNN7EXAMPLE, account 123456789012, expires never$`, `!PLANTED7secret`,
			},
		},
		{
			name: "a winner without an account", env: keys, args: explain,
			stdout: []string{`^environment wins: AKIAIOSFODNN7EXAMPLE, account unknown, expires never$`},
		},
		{
			name: "a winner, in JSON", env: home, args: append(explain, "--json", "--profile", "logs"),
			stdout: []string{
				`^{"winner":"profile","attempts":\[` +
					`{"provider":"profile","outcome":"won","detail":".*","millis":\d+}\],` +
					`"access_key_id":"ASIAIOSFODNN7EXAMPLE","account_id":"123456789012",` +
					`"expires":"2999-01-01T00:00:00Z"}$`,
				`!PLANTED7secret`,
			},
		},
		{
			name: "no keys", env: home, args: append(explain, "--profile", "region"), code: 1,
			stdout: []string{`^profile +failed .*region`},
			stderr: []string{`\A.*: correct what the line of profile says, or remove its settings\n\z`},
		},
		{
			name: "a process that fails", env: home, args: append(explain, "--profile", "typo"), code: 1,
			stdout: []string{`^profile +failed .*exit code 3`, `!PLANTED7secret`},
			stderr: []string{`!PLANTED7secret`},
		},
		{
			name: "MFA", env: home, args: append(explain, "--profile", "mfa"), code: 1,
			stdout: []string{`^profile +failed .*mfa_serial`},
		},
		{
			name: "no such profile", env: home.and(vars{"AWS_PROFILE": "nobody"}), args: explain, code: 1,
			stdout: []string{`^profile +failed .*nobody`, `^web-identity +not-tried`},
		},
		{
			name: "a container elsewhere", code: 1, args: explain,
			env:    unset.and(vars{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/keys"}),
			stdout: []string{`^container +failed .*192\.0\.2\.1.*169\.254\.170\.2`},
		},
		{
			name: "a web identity without its token", code: 1, args: explain,
			env: unset.and(vars{
				"AWS_WEB_IDENTITY_TOKEN_FILE": "DIR/no-token",
				"AWS_ROLE_ARN":                "arn:aws:iam::123456789012:role/logs",
			}),
			stdout: []string{`^web-identity +failed .*no-token: no such file`, `^container +not-tried`},
		},
	})
}
