package standard

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"sluice/creds"
	"sluice/creds/profile"
	"sluice/imds"
)

// settings are what is configured besides credentials: by the caller, the
// environment, the profile, in this order. A file that cannot be read says
// nothing here: the profile's provider says so, if it is asked.
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
	files, err := profile.Parse(s.readFiles())
	if err != nil {
		files, _ = profile.Parse(nil, nil)
	}
	t.files = files
	return t
}

// env returns a variable; blank ones count as absent.
func (t settings) env(name string) string { return strings.TrimSpace(t.sources.env.Getenv(name)) }

// either returns a variable, or else a key of the profile.
func (t settings) either(variable, key string) string {
	if value := t.env(variable); value != "" {
		return value
	}
	return t.files.Setting(t.profile, key)
}

func isTrue(text string) bool { return strings.EqualFold(text, "true") }

// defaultRegion is where STS is asked when nobody names a region; Fluent Bit's
// default, too.
const defaultRegion = "us-east-1"

func (t settings) region() string {
	for _, region := range []string{t.options.Region, t.env("AWS_REGION"), t.either("AWS_DEFAULT_REGION", "region")} {
		if region != "" {
			return region
		}
	}
	return defaultRegion
}

// endpoint returns the URL that is configured for a service ("sts"), "" for
// AWS's own, and the name of the setting.
func (t settings) endpoint(service string) (url, where string) {
	if isTrue(t.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
		return "", ""
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_" + strings.ToUpper(service), "AWS_ENDPOINT_URL"} {
		if url := t.env(name); url != "" {
			return url, "the environment variable " + name
		}
	}
	return t.files.Endpoint(t.profile, service), "endpoint_url of profile " + t.profile
}

// service says how to reach a service of AWS.
func (t settings) service(name, region string) (creds.Service, error) {
	endpoint, _ := t.endpoint(name)
	return t.at(endpoint, region)
}

// at says how to reach a service at an endpoint, "" for AWS's own. The clock
// listens to AWS only: another server's may be wrong, and keys of AWS expire by
// AWS's.
func (t settings) at(endpoint, region string) (creds.Service, error) {
	client, err := t.http()
	if err == nil && endpoint == "" {
		client = t.sources.clock.Client(client)
	}
	fips, dualStack := t.endpointOptions()
	return creds.Service{Region: region, Endpoint: endpoint, HTTP: client, FIPS: fips, DualStack: dualStack}, err
}

// endpointOptions say which of AWS's endpoints is to be asked.
func (t settings) endpointOptions() (fips, dualStack bool) {
	return isTrue(t.either("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
		isTrue(t.either("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
}

// sts says how to reach STS. The legacy setting asks the global endpoint for
// regions that are older than regional endpoints
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html).
func (t settings) sts() (creds.Service, error) {
	endpoint := t.options.STSEndpoint
	if endpoint == "" {
		endpoint, _ = t.endpoint("sts")
	}
	s, err := t.at(endpoint, t.region())
	if s.Endpoint == "" && !s.FIPS && !s.DualStack && isLegacy(s.Region) &&
		strings.EqualFold(t.either("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints"), "legacy") {
		s.Endpoint, s.Region = "https://sts.amazonaws.com", "us-east-1"
	}
	return s, err
}

// isLegacy tells whether a region is older than regional endpoints.
func isLegacy(region string) bool {
	switch region {
	case "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2":
		return true
	}
	return false
}

func (t settings) sessionName() string { return t.env("AWS_ROLE_SESSION_NAME") }

// http returns a client of AWS's services.
func (t settings) http() (aws.HTTPClient, error) {
	if tr := t.sources.env.Transport; tr != nil {
		return &http.Client{Transport: tr}, nil
	}
	roots, err := t.rootCAs()
	if err != nil {
		return nil, err
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig.RootCAs = roots
	}), nil
}

func (t settings) caFile() string {
	if t.options.CAFile != "" {
		return t.options.CAFile
	}
	return t.either("AWS_CA_BUNDLE", "ca_bundle")
}

// rootCAs returns what servers are checked by, nil for the system's.
func (t settings) rootCAs() (*x509.CertPool, error) {
	file := t.caFile()
	if file == "" {
		return nil, nil
	}
	pem, err := t.sources.env.Disk.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA bundle: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CA bundle %s: no PEM certificate in it", file)
	}
	return pool, nil
}

// imds says how to reach the metadata service.
func (t settings) imds() (imds.Options, error) {
	o := imds.Options{
		DisableV1: isTrue(t.either("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled")),
		Transport: t.sources.env.Transport, Now: t.sources.clock.Now,
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
	o, f := t.options, t.files
	return imds.Endpoint(
		imds.Choice{Endpoint: o.IMDSEndpoint, Mode: o.IMDSEndpointMode, EndpointName: "option IMDSEndpoint", ModeName: "option IMDSEndpointMode"},
		imds.Choice{Endpoint: t.env(variable), Mode: t.env(variable + "_MODE"), EndpointName: variable, ModeName: variable + "_MODE"},
		imds.Choice{Endpoint: f.Setting(t.profile, key), Mode: f.Setting(t.profile, key+"_mode"), EndpointName: key, ModeName: key + "_mode"},
	)
}

// count reads a setting that is a number of 1 to 100; 0 if it is not set.
func (t settings) count(variable, key string) (int, error) {
	text := t.either(variable, key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 100 {
		return 0, fmt.Errorf("%s (or %s of the profile) %q is out of range: write a number of 1 to 100", variable, key, text)
	}
	return n, nil
}
