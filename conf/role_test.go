package conf_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/conf"
)

const someRole = "role_arn=arn:aws:iam::123456789012:role/logs"

func TestRole(t *testing.T) {
	c, err := conf.Parse(lookup("bucket=b", someRole, "role_session_name=web.1@x", "role_duration=12h",
		"role_tags=team=logs&who=a%3Db&empty="), conf.Checks{})
	tags := []conf.Pair{{Name: "team", Value: "logs"}, {Name: "who", Value: "a=b"}, {Name: "empty"}}
	if err != nil || c.RoleSessionName != "web.1@x" || c.RoleDuration != 12*time.Hour ||
		!reflect.DeepEqual(c.RoleTags, tags) {
		t.Errorf("Parse = %q, %v, %q, %v", c.RoleSessionName, c.RoleDuration, c.RoleTags, err)
	}
}

func TestRoleMistakes(t *testing.T) {
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("n%d=v", i)
	}
	for settings, want := range map[string]string{
		"role_session_name=x":                          `role_session_name "x" is not valid: write 2 to 64 letters`,
		"role_session_name=a:b":                        `role_session_name "a:b" is not valid`,
		"role_session_name=" + strings.Repeat("a", 65): "is not valid: write 2 to 64 letters",
		"role_duration=14m":                            "is not valid: write a time from 15m to 12h",
		"role_duration=13h":                            `role_duration "13h" is not valid`,
		"role_duration=soon":                           `role_duration "soon" is not valid`,
		"role_tags=team":                               `role_tags "team" is not valid: write name=value`,
		"role_tags=a=1&A=2":                            "has A twice, since STS does not tell",
		"role_tags=aws:x=1":                            "has a name that begins with aws:",
		"role_tags=a=$TAG":                             "has a character at a that STS does not take",
		"role_tags=a=" + strings.Repeat("v", 257):      "is too long at a: STS takes names of 128",
		"role_tags=" + strings.Join(many, "&"):         "has 51 tags: STS takes at most 50",
	} {
		_, err := conf.Parse(lookup("bucket=b", someRole, settings), conf.Checks{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", settings, err, want)
		}
	}
	for settings, value := range map[string]string{
		"external_id=x": "x", "role_session_name=xy": "xy", "role_duration=2h": "2h0m0s", "role_tags=a=1": "a=1",
	} {
		name, _, _ := strings.Cut(settings, "=")
		_, err := conf.Parse(lookup("bucket=b", settings), conf.Checks{})
		want := fmt.Sprintf("configuration mistake: %s %q needs role_arn: set both or neither", name, value)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
}
