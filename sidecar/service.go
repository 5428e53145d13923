package sidecar

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

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
