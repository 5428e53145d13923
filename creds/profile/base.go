package profile

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Base is where a plan's first credentials come from: Keys, NamedSource,
// WebIdentity, SSO, Process or Login.
type Base interface{ base() }

// Keys are credentials that stand in a file, all of them in the same one.
// Printing them in any way shows no secret.
type Keys struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // "" for long-lived keys
	AccountID       string // "" if the file does not tell
}

// NamedSource is a place that the profile names: "Environment",
// "Ec2InstanceMetadata" or "EcsContainer".
type NamedSource struct{ Name string }

// WebIdentity is a role that is assumed with the token of a file.
type WebIdentity struct {
	TokenFile   string
	RoleARN     string
	SessionName string        // "" if the profile sets none
	Duration    time.Duration // 0 if the profile sets none
}

// SSO is a role of IAM Identity Center. Session is "" in the older form, whose
// token is found by the start URL. AccountID and RoleName are both set, or
// neither: then the profile asks for a token and not for credentials.
type SSO struct{ Session, Region, StartURL, AccountID, RoleName string }

// Process is a command that prints credentials. AccountID is the profile's, for
// a command that does not tell one.
type Process struct{ Command, AccountID string }

// Login is a session of "aws login".
type Login struct{ Session, Region string }

func (Keys) base()        {}
func (NamedSource) base() {}
func (WebIdentity) base() {}
func (SSO) base()         {}
func (Process) base()     {}
func (Login) base()       {}

// String shows what is no secret.
func (k Keys) String() string { return fmt.Sprintf("{%s}", k.AccessKeyID) }

// Format writes String for every verb of package fmt.
func (k Keys) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) }

// GoString is String, for who asks without package fmt.
func (k Keys) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON refuses, as creds.Credentials does.
func (k Keys) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials are not to be marshalled")
}
