package conf_test

import (
	"strings"
	"testing"

	"sluice/conf"
)

// FuzzRoleARN: what is accepted as a role's ARN names a role, and can stand in a
// log line and a form; what is not is a mistake that names the remedy.
func FuzzRoleARN(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:iam::123456789012:role/logs", "arn:aws-us-gov:iam::123456789012:role/path/to/logs",
		"arn:minio:iam:us-east-1::role/idmp-test1",
		"arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:user/me", "arn:aws:sts::1:assumed-role/a/b",
		"arn:::::", "", "arn:aws:iam::1:role/a\nb", "arn",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := conf.Parse(func(name string) (string, bool) {
			switch name {
			case "bucket":
				return "b", true
			case "role_arn":
				return text, true
			}
			return "", false
		}, conf.Checks{})
		if err != nil {
			if mistake := err.Error(); !strings.Contains(mistake, "role_arn ") ||
				!strings.Contains(mistake, "write arn:aws:iam::") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		_, name, _ := strings.Cut(cfg.RoleARN, ":role/")
		if cfg.RoleARN != text || name == "" || strings.ContainsAny(text, " \t\r\n\x00") {
			t.Errorf("%q is taken for the role %q", text, cfg.RoleARN)
		}
	})
}
