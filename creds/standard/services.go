package standard

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"sluice/creds"
)

// endpoint returns the URL that is configured for a service ("sts"), "" for AWS's own, and the name of the setting.
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

// service returns how to reach an AWS service.
func (t settings) service(name, region string) (creds.Service, error) {
	endpoint, _ := t.endpoint(name)
	return t.serviceAt(endpoint, region)
}

// serviceAt returns how to reach a service at an endpoint, "" for AWS's own. The clock learns from AWS only: another
// server's clock may be wrong, and AWS's keys expire by AWS's clock.
func (t settings) serviceAt(endpoint, region string) (creds.Service, error) {
	client, err := t.httpClient()
	if err == nil && endpoint == "" {
		client = t.sources.clock.Client(client)
	}
	fips, dualStack := t.endpointOptions()
	return creds.Service{
		Region:    region,
		Endpoint:  endpoint,
		FIPS:      fips,
		DualStack: dualStack,
		HTTP:      client,
	}, err
}

// endpointOptions select among AWS's own endpoints.
func (t settings) endpointOptions() (fips, dualStack bool) {
	return isTrue(t.envOrProfile("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
		isTrue(t.envOrProfile("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
}

// sts returns how to reach STS. The legacy setting selects the global endpoint for regions that are older than regional
// endpoints (https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html).
func (t settings) sts() (creds.Service, error) {
	endpoint := t.options.STSEndpoint
	if endpoint == "" {
		endpoint, _ = t.endpoint("sts")
	}
	s, err := t.serviceAt(endpoint, t.region())
	if s.Endpoint == "" && t.options.Region == "" && t.configuredRegion() == "" {
		if l := t.sources.locator(t); l != nil {
			s.Locator = l
		}
	}
	if s.Endpoint == "" && !s.FIPS && !s.DualStack && legacyRegions[s.Region] &&
		strings.EqualFold(t.envOrProfile("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints"), "legacy") {
		s.Endpoint, s.Region, s.Locator = "https://sts.amazonaws.com", "us-east-1", nil
	}
	return s, err
}

// legacyRegions are older than regional endpoints.
var legacyRegions = map[string]bool{
	"ap-northeast-1": true,
	"ap-south-1":     true,
	"ap-southeast-1": true,
	"ap-southeast-2": true,
	"aws-global":     true,
	"ca-central-1":   true,
	"eu-central-1":   true,
	"eu-north-1":     true,
	"eu-west-1":      true,
	"eu-west-2":      true,
	"eu-west-3":      true,
	"sa-east-1":      true,
	"us-east-1":      true,
	"us-east-2":      true,
	"us-west-1":      true,
	"us-west-2":      true,
}

// httpClient returns a client for AWS's services.
func (t settings) httpClient() (aws.HTTPClient, error) {
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
	return t.envOrProfile("AWS_CA_BUNDLE", "ca_bundle")
}

// rootCAs returns the authorities by which servers are verified, nil for the system's.
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
		return nil, fmt.Errorf("read CA bundle %s: it contains no PEM certificate", file)
	}
	return pool, nil
}
