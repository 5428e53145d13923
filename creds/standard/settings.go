package standard

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/creds/profile"
	"sluice/creds/sts"
	"sluice/imds"
)

// settings are what is configured besides credentials: by the caller, the environment, and the profile, in this order.
// A file that cannot be read sets nothing here: the profile's provider returns the error, if it is asked.
type settings struct {
	sources *Sources
	options Options
	profile string // selected
	named   bool   // the caller or the environment selects it
	files   *profile.Files
}

func (s *Sources) settings(o Options) settings {
	t := settings{sources: s, options: o, profile: o.Profile, named: true}
	if t.profile == "" {
		t.profile, t.named = profile.Selected(s.env.Getenv)
	}
	shared, _ := s.readShared()
	files, err := profile.Parse(shared.config, shared.credentials)
	if err != nil {
		files, _ = profile.Parse(nil, nil)
	}
	t.files = files
	return t
}

// env returns a variable; blank ones count as absent.
func (t settings) env(name string) string { return strings.TrimSpace(t.sources.env.Getenv(name)) }

// envOrProfile returns a variable, or else a property of the profile.
func (t settings) envOrProfile(variable, key string) string {
	if value := t.env(variable); value != "" {
		return value
	}
	return t.files.Setting(t.profile, key)
}

func isTrue(text string) bool { return strings.EqualFold(text, "true") }

// defaultRegion is used for STS if no region is configured. It is Fluent Bit's default, too.
const defaultRegion = "us-east-1"

func (t settings) region() string {
	return cmp.Or(t.options.Region, t.configuredRegion(), defaultRegion)
}

// configuredRegion returns the region that the environment or the profile names, or "".
func (t settings) configuredRegion() string {
	return cmp.Or(t.env("AWS_REGION"), t.envOrProfile("AWS_DEFAULT_REGION", "region"))
}

// sessionName is the name of a role's session where neither a property nor a profile sets it.
func (t settings) sessionName() string {
	if name := t.env("AWS_ROLE_SESSION_NAME"); name != "" {
		return name
	}
	host, err := t.sources.env.Hostname()
	if err != nil {
		host = ""
	}
	return sts.SessionName(host)
}

// imds returns how to reach the metadata service.
func (t settings) imds() (imds.Options, error) {
	o := imds.Options{
		DisableV1: isTrue(t.envOrProfile("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled")),
		Transport: t.sources.env.Transport,
		Now:       t.sources.clock.Now,
	}
	var err error
	if o.Endpoint, err = t.metadataEndpoint(); err != nil {
		return o, err
	}
	seconds, err := t.count("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")
	if err != nil {
		return o, err
	}
	o.Timeout = time.Duration(seconds) * time.Second
	o.Attempts, err = t.count("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
	return o, err
}

func (t settings) metadataEndpoint() (string, error) {
	const variable, key = "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"
	return imds.Endpoint(
		imds.Choice{
			Endpoint:     t.options.IMDSEndpoint,
			Mode:         t.options.IMDSEndpointMode,
			EndpointName: "option IMDSEndpoint",
			ModeName:     "option IMDSEndpointMode",
		},
		imds.Choice{
			Endpoint:     t.env(variable),
			Mode:         t.env(variable + "_MODE"),
			EndpointName: variable,
			ModeName:     variable + "_MODE",
		},
		imds.Choice{
			Endpoint:     t.files.Setting(t.profile, key),
			Mode:         t.files.Setting(t.profile, key+"_mode"),
			EndpointName: key,
			ModeName:     key + "_mode",
		},
	)
}

// count parses a setting that is a number from 1 to 100; it returns 0 if it is not set.
func (t settings) count(variable, key string) (int, error) {
	text := t.envOrProfile(variable, key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 100 {
		return 0, fmt.Errorf("%s (or %s of the profile) %q is not valid: write a number from 1 to 100",
			variable, key, text)
	}
	return n, nil
}
