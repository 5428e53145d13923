package sidecar

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Config is a checked configuration. Its fields are described in schema.json.
type Config struct {
	Server      ServerConfig             `json:"server"`
	Credentials Refresh                  `json:"credentials"`
	Defaults    Source                   `json:"aws_defaults"`
	Services    map[string]ServiceConfig `json:"services"`
	Dynamic     Dynamic                  `json:"dynamic_services"`
	Metrics     struct {
		Prometheus Prometheus `json:"prometheus"`
	} `json:"metrics"`

	Warnings []string `json:"-"`
	files    []string // that references name
}

// ServerConfig says where applications ask.
type ServerConfig struct {
	Host            string     `json:"host"`
	Port            int        `json:"port"`
	AllowRemote     bool       `json:"allow_remote"`
	Hosts           []string   `json:"hosts"`
	Debug           bool       `json:"debug"`
	LogHealthChecks bool       `json:"log_health_checks"`
	RateLimit       int        `json:"rate_limit"` // per second and service
	Listeners       []Listener `json:"listeners"`
}

// Listener is an address and what is found there.
type Listener struct {
	Address     string   `json:"address"`
	Faces       []string `json:"faces"`
	Hosts       []string `json:"hosts"`
	AllowRemote bool     `json:"allow_remote"`
	SocketMode  string   `json:"socket_mode"`
	IMDS        *IMDS    `json:"imds"`
}

// IMDS is the instance that the face imds plays.
type IMDS struct {
	Service          string `json:"service"`
	V1               bool   `json:"v1"`
	HopLimit         int    `json:"hop_limit"`
	Region           string `json:"region"`
	AvailabilityZone string `json:"availability_zone"`
	InstanceID       string `json:"instance_id"`
	AccountID        string `json:"account_id"`
}

// Refresh says how keys are kept fresh; the numbers are seconds.
type Refresh struct {
	Buffer     int  `json:"refresh_buffer_seconds"`
	RetryDelay int  `json:"retry_delay"`
	Timeout    int  `json:"request_timeout"`
	Prefetch   bool `json:"prefetch"`
}

// Prometheus says where metrics are.
type Prometheus struct {
	Enabled bool   `json:"enabled"`
	Host    string `json:"host"`
	Port    int    `json:"port"`
}

// ServiceConfig says who gets which key.
type ServiceConfig struct {
	AuthToken       tokens      `json:"auth_token"`
	AuthTokenSHA256 string      `json:"auth_token_sha256"`
	TokenOverlap    int         `json:"token_overlap_seconds"`
	Expires         string      `json:"expires"`
	Source          Source      `json:"source_credentials"`
	Role            *AssumeRole `json:"assumed_role"`
	PassThrough     bool        `json:"pass_through"`

	ends   time.Time           // from Expires; zero: never
	hashes [][sha256.Size]byte // of the tokens, which are not kept
}

// Source says where the keys come from that assume the role. Without a profile
// and without keys it is AWS's chain of sources.
type Source struct {
	Region  string   `json:"region"`
	Profile *Profile `json:"iam_profile"`
	Keys    *Keys    `json:"iam_keys"`
}

// Profile is one of the shared AWS files.
type Profile struct {
	Name       string `json:"profile_name"`
	ConfigFile string `json:"config_file"`
}

// Keys are long-lived keys, or temporary ones with a token.
type Keys struct {
	ID     Secret `json:"aws_access_key_id"`
	Secret Secret `json:"aws_secret_access_key"`
	Token  Secret `json:"session_token"`
}

// or returns the source with what it leaves out from others. A source that names
// a profile or keys does not want the others' keys or profile.
func (s Source) or(others Source) Source {
	if s.Region == "" {
		s.Region = others.Region
	}
	if s.Profile == nil && s.Keys == nil {
		s.Profile, s.Keys = others.Profile, others.Keys
	}
	if s.Profile != nil {
		s.Keys = nil
	}
	return s
}

// AssumeRole has the parameters of STS's AssumeRole.
type AssumeRole struct {
	RoleARN         string      `json:"RoleArn"`
	SessionName     string      `json:"RoleSessionName"`
	Duration        int         `json:"DurationSeconds"`
	ExternalID      Secret      `json:"ExternalId"`
	Policy          policy      `json:"Policy"`
	PolicyARNs      []policyARN `json:"PolicyArns"`
	Tags            []Tag       `json:"Tags"`
	TransitiveTags  []string    `json:"TransitiveTagKeys"`
	SourceIdentity  string      `json:"SourceIdentity"`
	SerialNumber    string      `json:"SerialNumber"`
	TokenCode       Secret      `json:"TokenCode"`
	ProvidedContext []Context   `json:"ProvidedContexts"`
}

// Tag is a session's tag.
type Tag struct{ Key, Value string }

// Context is an assertion of a trusted context provider.
type Context struct {
	ProviderARN string `json:"ProviderArn"`
	Assertion   Secret `json:"ContextAssertion"`
}

// Secret is text that does not print.
type Secret string

const hidden = "***"

// String hides the text.
func (Secret) String() string { return hidden }

// GoString hides the text.
func (Secret) GoString() string { return hidden }

// Format hides the text, for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue hides the text.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// tokens are one text or several.
type tokens []Secret

func (t *tokens) UnmarshalJSON(b []byte) error {
	var one Secret
	if err := json.Unmarshal(b, &one); err == nil {
		*t = tokens{one}
		return nil
	}
	return json.Unmarshal(b, (*[]Secret)(t))
}

// policy is JSON, as a text or as it is.
type policy string

func (p *policy) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*string)(p)); err != nil {
		*p = policy(b)
	}
	return nil
}

// policyARN is an ARN, as STS has it ({arn: …}) or plain.
type policyARN string

func (p *policyARN) UnmarshalJSON(b []byte) error {
	var in struct {
		ARN string `json:"arn"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return json.Unmarshal(b, (*string)(p))
	}
	*p = policyARN(in.ARN)
	return nil
}
