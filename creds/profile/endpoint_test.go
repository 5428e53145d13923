package profile_test

import "testing"

func TestEndpoint(t *testing.T) {
	services := lines(
		"[services s]",
		"sts =",
		"  # of the VPC",
		"  other = x",
		"  endpoint_url = https://first",
		"  Endpoint_URL = https://sts?a=b # comment",
		"sso =",
		"  endpoint_url =",
		"s3 = endpoint_url = https://on-the-line",
		"ec2 = x",
		"  endpoint_url = https://continued",
	)
	for _, c := range []struct{ name, profile, service, want string }{
		{"the service's own", lines("services = s", "endpoint_url = https://all"), "sts", "https://sts?a=b"},
		{"another service", lines("services = s", "endpoint_url = https://all"), "sns", "https://all"},
		{"a service without a URL", lines("services = s", "endpoint_url = https://all"), "sso", "https://all"},
		{"no sub-property", lines("services = s"), "s3", ""},
		{"a continued value", lines("services = s"), "ec2", ""},
		{"no services named", lines("endpoint_url = https://all"), "sts", "https://all"},
		{"services that are not there", lines("services = t", "endpoint_url = https://all"), "sts", "https://all"},
		{"nothing set", lines("region = x"), "sts", ""},
		{"ignored", lines("services = s", "endpoint_url = https://all", "ignore_configured_endpoint_urls = True"),
			"sts", ""},
		{"not ignored", lines("services = s", "ignore_configured_endpoint_urls = false"), "sts", "https://sts?a=b"},
	} {
		f := parse(t, "[profile p]\n"+c.profile+services, "")
		if got := f.Endpoint("p", c.service); got != c.want {
			t.Errorf("%s: Endpoint(%q) = %q, want %q", c.name, c.service, got, c.want)
		}
	}
	if got := parse(t, "", "").Endpoint("nobody", "sts"); got != "" {
		t.Errorf("Endpoint of no profile = %q, want none", got)
	}
}
