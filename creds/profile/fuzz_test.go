package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice/creds/internal/vectors"
	"sluice/creds/profile"
)

// FuzzParse looks for files that crash the parser or the planner, and for results that must never occur.
func FuzzParse(f *testing.F) {
	addCorpus(f)
	f.Add(
		[]byte("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p"),
		[]byte("[q]\naws_session_token = topsecrettoken"),
	)
	f.Add(
		[]byte("[profile p]\nrole_arn = r\ncredential_source = Environment\nduration_seconds = 900\nmfa_serial = m\n"),
		[]byte("[p]\naws_secret_access_key = topsecretkey"),
	)
	f.Add(
		[]byte("[profile p]\nsso_session = s\nsso_region = x\n[sso-session s]\nsso_region = x\nsso_start_url = u"),
		[]byte("[p]\naws_access_key_id = a\naws_secret_access_key = topsecretkey"),
	)
	f.Add(
		[]byte("\ufeff[default]\r\nservices = s\r\n[services s]\r\nsts =\r\n endpoint_url = u # c\r\n"),
		[]byte("[default]\nk = \x00"),
	)
	f.Add(
		[]byte("[profile p]\nrole_arn = r\nweb_identity_token_file = t\nduration_seconds = 1"),
		[]byte("[p]\nlogin_session = l\ncredential_process = c"),
	)
	f.Fuzz(func(t *testing.T, config, credentials []byte) {
		files, err := profile.Parse(config, credentials)
		if err != nil {
			checkParseError(t, err)
			return
		}
		for _, name := range files.Names() {
			s, ok := files.Profile(name)
			if !ok || !profile.ValidName(name) {
				t.Errorf("profile %q: found %v, valid %v", name, ok, profile.ValidName(name))
			}
			for key := range s.Properties() {
				if !profile.Valid(key) || key != strings.ToLower(key) {
					t.Errorf("profile %q has a property %q", name, key)
				}
			}
			files.Endpoint(name, "sts")
			checkPlan(t, files, name)
		}
	})
}

// addCorpus adds the inputs of aws-c-auth, if they exist.
func addCorpus(f *testing.F) {
	inputs, _ := filepath.Glob(
		filepath.Join(vectors.Folder(f), "aws-c-auth", "profile-fuzz-corpus", "parse_*_profile", "*"),
	)
	for _, input := range inputs {
		b, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		if strings.Contains(input, "parse_config_profile") {
			f.Add(b, []byte(nil))
		} else {
			f.Add([]byte(nil), b)
		}
	}
	if n := len(inputs); n != 0 && n < 80 {
		f.Fatalf("%d inputs, want 80", n)
	}
}

// checkParseError fails unless the error's text is one of the constants: nothing of a file may be in it.
func checkParseError(t *testing.T, err error) {
	text := regexp.MustCompile(`^(config|credentials) file, line [1-9][0-9]*: `).ReplaceAllString(err.Error(), "")
	if !slices.Contains(profile.Problems(), text) {
		t.Errorf("Parse: %v", err)
	}
}

// checkPlan fails if a plan is incomplete, or if an error contains a secret.
func checkPlan(t *testing.T, files *profile.Files, name string) {
	plan, err := files.Plan(name)
	if err == nil {
		if plan.Base == nil || slices.ContainsFunc(plan.Roles, func(r profile.Role) bool { return r.ARN == "" }) {
			t.Errorf("profile %q: Plan = %+v", name, plan)
		}
		return
	}
	if errors.Is(err, profile.ErrNoProfile) {
		t.Errorf("profile %q: %v", name, err)
	}
	for _, of := range files.Names() {
		s, _ := files.Profile(of)
		for key, value := range s.Properties() {
			secret := key == "aws_secret_access_key" || key == "aws_session_token"
			if secret && strings.HasPrefix(value, "topsecret") && strings.Contains(err.Error(), value) {
				t.Errorf("profile %q: %v", name, err)
			}
		}
	}
}
