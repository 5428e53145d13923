package config

import "encoding/json"

// AssumeRole holds the parameters of STS's AssumeRole.
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

// Tag is a session tag.
type Tag struct{ Key, Value string }

// Context is an assertion by a trusted context provider.
type Context struct {
	ProviderARN string `json:"ProviderArn"`
	Assertion   Secret `json:"ContextAssertion"`
}

// policy is a policy document in JSON.
type policy string

// UnmarshalJSON accepts the document itself and a text that holds it.
func (p *policy) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*string)(p)); err != nil {
		*p = policy(b)
	}
	return nil
}

// policyARN is the ARN of a managed policy.
type policyARN string

// UnmarshalJSON accepts STS's form, {arn: …}, and the plain ARN.
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
