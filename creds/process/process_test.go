package process_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/process"
)

const (
	secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // AWS's own example
	// openKeys is in the variable KEYS of each command; a brace completes it.
	openKeys = `{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + secretKey + `"`
)

func TestRetrieve(t *testing.T) {
	const until = `,"SessionToken":"TOKEN","AccountId":"210987654321","Expiration":"2999-01-01T00:00:00Z"}`
	for _, c := range []struct {
		command string
		strays  int
		account string
		expires bool
	}{
		{`echo "$KEYS"'` + until + `'`, 0, "210987654321", true},
		{`echo "$KEYS}"`, 0, "123456789012", false},
		{`echo "$KEYS,"'"Expiration":null}'; echo ` + secretKey + ` >&2`, 0, "123456789012", false},
		{`cat; echo "$KEYS}"`, 0, "123456789012", false}, // standard input is empty
		{`sleep 1000 & echo "$KEYS}"`, 0, "123456789012", false},
		{`setsid sleep 1000 & echo "$KEYS}"`, 1, "123456789012", false},
	} {
		got, err := guarded(t.Context(), t, process.Provider{Command: c.command, AccountID: "123456789012"}, c.strays)
		if err != nil || got.AccessKeyID != "AKIAIOSFODNN7EXAMPLE" || got.SecretAccessKey != secretKey ||
			got.AccountID != c.account || got.CanExpire() != c.expires ||
			(got.SessionToken != "") != c.expires || got.Source != "process" {
			t.Errorf("%s: %v, account %s, %v", c.command, got, got.AccountID, err)
		}
	}
}

func TestOutputRefused(t *testing.T) {
	for command, want := range map[string]string{
		`true`:                                      `credential_process "true": printed nothing`,
		`/bin/echo ' '`:                             `credential_process "echo": printed nothing`,
		`echo 'sor''ry' >&2`:                        `printed nothing: sorry`,
		`echo ` + secretKey:                         `output of 41 bytes is not the expected JSON`,
		`echo '[1]'`:                                `is not the expected JSON`,
		`echo '{}'`:                                 `no Version`,
		`echo '{"Version":"1"}'`:                    `its Version has the wrong type`,
		`echo "$KEYS,"'"Version":2}'`:               `has Version 2: only 1 is supported`,
		`echo "$KEYS,"'"AccountId":1}'`:             `its AccountId has the wrong type`,
		`echo '{"Version":1}'`:                      `is empty`,
		`echo "$KEYS,"'"AccessKeyId":" "}'`:         `is empty`,
		`echo "$KEYS,"'"Expiration":"tomorrow"}'`:   `its Expiration of 8 bytes is not a valid`,
		`echo "$KEYS,"'"Expiration":"2999-01-01"}'`: `its Expiration "2999-01-01" is not a valid`,
		`echo "$KEYS,"'"Expiration":"1999-01-01T00:00:00Z"}'`: `expired at 1999-01-01T00:00:00Z`,
		`echo "$KEYS,"'"Expiration":"0001-01-01T00:00:00Z"}'`: `is not a valid RFC 3339 time`, // not "never"
	} {
		if got, err := guarded(t.Context(), t, process.Provider{Command: command}, 0); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %q", command, got, err, want)
		}
	}
}

func TestFails(t *testing.T) {
	for command, want := range map[string]string{
		`(exit 3)`:                           `credential_process: exit code 3`,
		`echo "$KEYS}"; exit 3`:              `exit code 3`,
		`echo ` + secretKey + ` >&2; exit 1`: `credential_process "echo": exit code 1: ***`,
		`kill -9 $$`:                         `signal: killed`,
		`printf 'one\033[31m red\033[0m\r\ntwo\007' >&2; exit 1`:               `exit code 1: one red two`,
		`printf 'wJalrXUt\033[1mnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' >&2; exit 1`: `exit code 1: ***`,
		`seq 12345 >&2; exit 1`: `12343 12344`,
		`{ printf 'password="'; yes open sesame | head -1000 | tr '\n' ' '; } >&2; exit 1`: `exit code 1`,
		`/nowhere/helper open-sesame`:       `credential_process "helper": exit code 127`,
		`TOKEN=open-sesame /nowhere/helper`: `credential_process: exit code 127`,
		`"/nowhere/my helper" sesame`:       `credential_process "my helper": exit code 127`,
		`head --no-such-flag=open-sesame`:   `credential_process "head": exit code 1`,
		`cat ./open-sesame`:                 `cat: ***: No such file`,
		`echo open-sesame )`:                `credential_process "echo": exit code 2`,
	} {
		got, err := guarded(t.Context(), t, process.Provider{Command: command}, 0)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, creds.ErrNotConfigured) {
			t.Errorf("%s: %v, %v, want %q", command, got, err, want)
			continue
		}
		if text := err.Error(); strings.Contains(text, "sesame") || len(text) > 300 ||
			strings.ContainsAny(text, "\r\n\a\x1b") {
			t.Errorf("%s: %q", command, text)
		}
	}
}

// TestHangs: the time limit ends a command, whatever holds its output open.
func TestHangs(t *testing.T) {
	for command, strays := range map[string]int{
		`sleep 1000`:                             0,
		`sleep 1000; echo "$KEYS}"`:              0,
		`trap '' TERM INT HUP; sleep 1000; true`: 0,
		`sleep 1000 & sleep 1000 & wait`:         0,
		`setsid sleep 1000 & sleep 1000`:         1,
		`exec >&-; exec 2>&-; sleep 1000`:        0,
		`yes >&2`:                                0,
	} {
		got, err := guarded(t.Context(), t, process.Provider{Command: command, Timeout: 300 * time.Millisecond}, strays)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not finish within 300ms") {
			t.Errorf("%s: %v, %v", command, got, err)
		}
	}
}

// TestTooMuchOutput: the command is killed at once, long before the time limit.
func TestTooMuchOutput(t *testing.T) {
	for _, command := range []string{`yes`, `yes | head -c 100000000`, `yes & sleep 1000`, `yes | head -c 65537`} {
		got, err := guarded(t.Context(), t, process.Provider{Command: command, Timeout: time.Hour}, 0)
		if err == nil || !strings.Contains(err.Error(), "printed more than 65536 bytes") {
			t.Errorf("%s: %v, %v", command, got, err)
		}
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	got, err := guarded(ctx, t, process.Provider{Command: "sleep 1000 & sleep 1000"}, 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Retrieve = %v, %v", got, err)
	}
}

func TestDefaults(t *testing.T) {
	t.Setenv("SLUICE_TEST_KEYS", openKeys)
	if got, err := (process.Provider{Command: `echo "$SLUICE_TEST_KEYS}"`}).Retrieve(t.Context()); err != nil {
		t.Errorf("environment of this process: %v, %v", got, err)
	}
	if got, err := (process.Provider{Command: " "}).Retrieve(t.Context()); !errors.Is(err, creds.ErrNotConfigured) {
		t.Errorf("no command: %v, %v", got, err)
	}
}
