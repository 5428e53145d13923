package profile

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// The properties of a key pair.
const (
	keyID     = "aws_access_key_id"
	keySecret = "aws_secret_access_key"
	keyToken  = "aws_session_token"
)

// hasKeys reports whether the profile is meant to have keys. Some of them suffice; incomplete ones are an error later.
func (s Section) hasKeys() bool { return s.has(keyID, keySecret, keyToken) }

// keys returns the key pair with its token and account, all from the file that has the key's ID. The SDKs take each
// from where they find it, and so sign with the secret or token of another key when only one file is changed.
func (s Section) keys() (Base, error) {
	from, config := s.properties()
	file := credentialsFile
	if from[keyID] == "" {
		file, from = configFile, config
	}
	switch {
	case from[keyID] == "":
		return nil, fmt.Errorf("missing %s: set it in the file that has the rest of the keys", keyID)
	case from[keySecret] == "":
		return nil, fmt.Errorf("missing %s in the %s: set it there, where %s is", keySecret, file, keyID)
	}
	return Keys{
		AccessKeyID:     from[keyID],
		SecretAccessKey: from[keySecret],
		SessionToken:    from[keyToken],
		AccountID:       from["aws_account_id"],
	}, nil
}

func (s Section) webIdentity() (Base, error) {
	if !s.has("role_arn") {
		return nil, errors.New("web_identity_token_file was specified, but role_arn was missing: set both or neither")
	}
	duration, err := s.duration()
	if err != nil {
		return nil, err
	}
	return WebIdentity{
		TokenFile:   s.Get("web_identity_token_file"),
		RoleARN:     s.Get("role_arn"),
		SessionName: s.Get("role_session_name"),
		Duration:    duration,
	}, nil
}

func (s Section) namedSource() (Base, error) {
	switch name := s.Get("credential_source"); name {
	case "Environment", "Ec2InstanceMetadata", "EcsContainer":
		return NamedSource{name}, nil
	default:
		return nil, fmt.Errorf("credential_source is %q: expected Environment, Ec2InstanceMetadata or EcsContainer",
			name)
	}
}

// duration returns the length of a role's session, 0 if the profile does not set it. STS has the same limits.
func (s Section) duration() (time.Duration, error) {
	const key, shortest, longest = "duration_seconds", 900, 43200
	value := s.Get(key)
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < shortest || n > longest {
		return 0, fmt.Errorf("%s is %q: expected a whole number from %d to %d", key, value, shortest, longest)
	}
	return time.Duration(n) * time.Second, nil
}
