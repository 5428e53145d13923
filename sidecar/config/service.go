package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Service says who gets which key.
type Service struct {
	AuthToken       tokens      `json:"auth_token"`        // nil after Parse
	AuthTokenSHA256 string      `json:"auth_token_sha256"` // "" after Parse
	TokenOverlap    int         `json:"token_overlap_seconds"`
	Expires         string      `json:"expires"`
	Source          Source      `json:"source_credentials"`
	Role            *AssumeRole `json:"assumed_role"` // nil: the source's own keys are handed out
	PassThrough     bool        `json:"pass_through"`
	Reasons         bool        `json:"reasons"` // a 503 says why there is no key

	End         time.Time           `json:"-"` // from Expires; zero for never
	TokenHashes [][sha256.Size]byte `json:"-"` // SHA-256 of the tokens, which are not kept
}

// hashTokens replaces the tokens by their hashes.
func (s *Service) hashTokens() {
	for _, token := range s.AuthToken {
		s.TokenHashes = append(s.TokenHashes, sha256.Sum256([]byte(token)))
	}
	var hash [sha256.Size]byte
	if n, err := hex.Decode(hash[:], []byte(s.AuthTokenSHA256)); err == nil && n == len(hash) {
		s.TokenHashes = append(s.TokenHashes, hash)
	}
	s.AuthToken, s.AuthTokenSHA256 = nil, ""
}

// tokens are one text or several.
type tokens []Secret

// UnmarshalJSON accepts both forms.
func (t *tokens) UnmarshalJSON(b []byte) error {
	var one Secret
	if err := json.Unmarshal(b, &one); err == nil {
		*t = tokens{one}
		return nil
	}
	return json.Unmarshal(b, (*[]Secret)(t))
}

// Source says where the keys come from that assume the role. Without a profile
// and without keys it is AWS's default chain.
type Source struct {
	Region  string   `json:"region"`
	Profile *Profile `json:"iam_profile"`
	Keys    *Keys    `json:"iam_keys"`
}

// Profile is a profile of the shared AWS files.
type Profile struct {
	Name       string `json:"profile_name"`
	ConfigFile string `json:"config_file"` // in place of AWS_CONFIG_FILE
}

// Keys are long-lived keys, or temporary ones with a session token.
type Keys struct {
	ID     Secret `json:"aws_access_key_id"`
	Secret Secret `json:"aws_secret_access_key"`
	Token  Secret `json:"session_token"`
}

// or completes the source by the defaults. A source with a profile or keys of its
// own takes neither from the defaults.
func (s Source) or(defaults Source) Source {
	if s.Region == "" {
		s.Region = defaults.Region
	}
	if s.Profile == nil && s.Keys == nil {
		s.Profile, s.Keys = defaults.Profile, defaults.Keys
	}
	if s.Profile != nil {
		s.Keys = nil
	}
	return s
}
