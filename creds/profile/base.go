package profile

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Base is where a plan's first credentials come from: Keys, NamedSource, WebIdentity, SSO, Process or Login.
type Base interface{ base() }

// Keys are credentials that a file contains, all from the same file. Printing them in any way shows no secret.
type Keys struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // "" for long-lived keys
	AccountID       string // "" if the file does not name it
}

// NamedSource is a source that the profile names: "Environment", "Ec2InstanceMetadata" or "EcsContainer".
type NamedSource struct{ Name string }

// WebIdentity is a role that is assumed with the token in a file.
type WebIdentity struct {
	TokenFile   string
	RoleARN     string
	SessionName string        // "" if the profile sets none
	Duration    time.Duration // 0 if the profile sets none
}

// SSO is a role in IAM Identity Center.
type SSO struct {
	Session   string // "" in the older form, whose token is found by StartURL
	Region    string
	StartURL  string
	AccountID string // "" if the profile is for a token and not for credentials
	RoleName  string // set if AccountID is
}

// Process is a command that prints credentials.
type Process struct {
	Command   string
	AccountID string // the profile's, if the command names none
}

// Login is a session that "aws login" has opened.
type Login struct{ Session, Region string }

func (Keys) base()        {}
func (NamedSource) base() {}
func (WebIdentity) base() {}
func (SSO) base()         {}
func (Process) base()     {}
func (Login) base()       {}

// String shows only what is not secret.
func (k Keys) String() string { return fmt.Sprintf("{%s}", k.AccessKeyID) }

// Format writes String for every verb of package fmt.
func (k Keys) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// GoString is String, for callers other than package fmt.
func (k Keys) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON fails, like that of creds.Credentials.
func (k Keys) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials must not be marshalled")
}
