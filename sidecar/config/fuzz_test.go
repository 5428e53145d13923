package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse parses any file: the result is a configuration or mistakes, and those
// show no secret.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		one,
		"server: {listeners: [{address: 'unix:/s', faces: [imds], imds: {service: one}}]}\n" + one,
		"dynamic_services: {enabled: true, directories: [{path: /d}]}",
		`{"services": {"a": {"auth_token": ["x"], "assumed_role": {"RoleArn": "${fromEnv:X}"}}}}`,
		"services: {a: {auth_token: x, expires: '${fromEnv:X}', assumed_role: {RoleArn: '${fromEnv:X}', " +
			"Policy: '${fromEnv:X}', TransitiveTagKeys: ['${fromEnv:X}']}}}",
		"server: {host: '${fromEnv:X}'}\n" + one,
		"dynamic_services: {enabled: true, directories: ['${fromEnv:X}'], include_patterns: ['(${fromEnv:X}']}",
		"a: &a {b: *a}",
		"? {}\n: 1",
		"services: {1: 2}",
		"<<: {services: {}}",
		"aws_defaults: {iam_keys: {aws_secret_access_key: 12}}",
	} {
		f.Add([]byte(seed))
	}
	env := paper(map[string]string{"X": planted}, nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(t.Context(), "c.yaml", text, env)
		if (c == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v: want one of them", c, err)
		}
		var mistakes Mistakes
		if err != nil && !errors.As(err, &mistakes) {
			t.Errorf("the error is not Mistakes: %v", err)
		}
		if err != nil && strings.Contains(err.Error(), planted) && !strings.Contains(string(text), planted) {
			t.Errorf("a variable's value is shown: %v", err)
		}
	})
}
