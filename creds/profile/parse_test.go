package profile_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"sluice/creds/internal/vectors"
	"sluice/creds/profile"
)

func TestParseVectors(t *testing.T) {
	type sections map[string]map[string]string
	var file struct {
		Tests []struct {
			Name  string
			Input struct{ ConfigFile, CredentialsFile string }
			// One of them is set.
			Output struct {
				ErrorContaining string
				Config          *struct {
					Profiles sections
					Sessions sections `json:"sso_sessions"`
				}
			}
		}
	}
	vectors.Decode(t, "smithy-rs/aws-runtime/test-data/profile-parser-tests.json", &file)
	for _, c := range file.Tests {
		t.Run(c.Name, func(t *testing.T) {
			got, err := profile.Parse([]byte(c.Input.ConfigFile), []byte(c.Input.CredentialsFile))
			if c.Output.Config == nil {
				if want := strings.ToLower(c.Output.ErrorContaining); want == "" || err == nil ||
					!strings.Contains(err.Error(), want) {
					t.Errorf("Parse: error %v, want one with %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			profiles, sessions := sections{}, sections{}
			for _, name := range got.Names() {
				s, _ := got.Profile(name)
				profiles[name] = s.Properties()
			}
			for name, s := range got.Sessions() {
				sessions[name] = s.Properties()
			}
			if want := c.Output.Config.Profiles; !maps.EqualFunc(profiles, want, maps.Equal) {
				t.Errorf("profiles %q, want %q", profiles, want)
			}
			if want := c.Output.Config.Sessions; !maps.EqualFunc(sessions, want, maps.Equal) {
				t.Errorf("sso-sessions %q, want %q", sessions, want)
			}
		})
	}
	vectors.Count(t, len(file.Tests), 65)
}

func TestParse(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct{ name, config, credentials, key, want string }{
		{"CRLF", "[default]\r\nk = v\r\n more\r\n\r\nl = w\r\n", "", "k", "v\nmore"},
		{"CRLF of the last line", "[default]\r\nk = v\r", "", "k", "v"},
		{"no line feed at the end", "[default]\nk = v", "", "k", "v"},
		{"BOM", "\ufeff[default]\nk = v", "", "k", "v"},
		{"BOM of the credentials file", "", "\ufeff[default]\nk = v", "k", "v"},
		{"a long line", "[default]\nk = " + long + "\n", "", "k", long},
		{"a long comment", "# " + long + "\n[default]\nk = v", "", "k", "v"},
		{"many lines", "[default]\nk = v" + strings.Repeat("\n x", 1<<18), "", "k", "v" + strings.Repeat("\nx", 1<<18)},
		{"an indented bracket continues", "[default]\nk = v\n [x]", "", "k", "v\n[x]"},
		{"other white space is kept", "[default]\nk = \u00a0v\u0085\v", "", "k", "\u00a0v\u0085\v"},
		{"bytes that are not UTF-8", "[default]\nk = \xff\xfe", "", "k", "\xff\xfe"},
		{"keys are in lower case, values as they are", "[default]\nAWS_Key = VaLue", "", "aws_key", "VaLue"},
		{"only ASCII letters have lower case", "[default]\n\u212aey = v", "", "key", ""},
		{"a comment needs white space", "[default]\nk = a#b;c\t;d", "", "k", "a#b;c"},
		{"an indented comment is no value", "[default]\nk = v\n  # comment", "", "k", "v"},
		{"an indented comment is no sub-property", "[default]\nk =\n  # comment\n  a = b", "", "k", "\na = b"},
		{"an indented comment needs no property", "[default]\n ; comment\nk = v", "", "k", "v"},
		{"lines below an ignored property go with it", "[default]\nk = v\nin valid = 1\n more", "", "k", "v"},
		{"lines below a repeated property are its own", "[default]\nk = v\n more\nk = w", "", "k", "w"},
		{"the credentials file wins", "[default]\nk = config", "[default]\nk = credentials", "k", "credentials"},
		{"no value is no property", "[default]\nk = config", "[default]\nk =", "k", "config"},
		{"services are no profile", "[services default]\nk = v", "", "k", ""},
		{"the credentials file has no sso-session", "", "[sso-session default]\nk = v", "k", ""},
		{"a kind without a name", "[profile]\nk = v\n[ profile\t]\nk = v\n[]\nk = v", "", "k", ""},
		{"case of a kind", "[Profile default]\nk = v", "", "k", ""},
	} {
		if got := parse(t, c.config, c.credentials).Setting("default", c.key); got != c.want {
			t.Errorf("%s: Setting = %.100q, want %.100q", c.name, got, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const secret = "SECRET"
	for _, c := range []struct {
		config, credentials string
		file                string
		line                int
		problem             string
	}{
		{"[default]\nk = v\n" + secret, "", "config file", 3, "expected an '=' sign defining a property"},
		{"[default]\r\n\r\n = " + secret, "", "config file", 3, "expected a property definition, found continuation"},
		{"[default]\n\n=" + secret, "", "config file", 3, "property did not have a name"},
		{secret + " = " + secret, "", "config file", 1, "expected a profile definition"},
		{"", "\n[" + secret, "credentials file", 2, "must end with ']'"},
		{"", "[default] " + secret, "credentials file", 1, "must end with ']'"},
		{"", "[" + secret + ";]", "credentials file", 1, "must end with ']'"},
		{"", "[a]\nk =\n x = y\n " + secret, "credentials file", 4, "expected an '=' sign defining a sub-property"},
		{"", "[a]\nk =\n = " + secret, "credentials file", 3, "sub-property did not have a name"},
		{"", "[a]\nk = v\nl = " + secret + "\x00", "credentials file", 3, "NUL"},
		{"\xff\xfe[\x00a\x00]\x00", "", "config file", 1, "UTF-8"},
		{"# " + secret + "\x00", "", "config file", 1, "NUL"},
		{"oops", "oops", "config file", 1, "expected"},
	} {
		f, err := profile.Parse([]byte(c.config), []byte(c.credentials))
		var e *profile.ParseError
		if f != nil || !errors.As(err, &e) {
			t.Errorf("Parse(%q, %q) = %v, %v, want a ParseError", c.config, c.credentials, f, err)
			continue
		}
		if e.File != c.file || e.Line != c.line || !strings.Contains(e.Problem, c.problem) {
			t.Errorf("Parse(%q, %q): %v, want %s, line %d, with %q",
				c.config, c.credentials, e, c.file, c.line, c.problem)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("Parse(%q, %q): %v quotes the file", c.config, c.credentials, err)
		}
	}
}

func TestNames(t *testing.T) {
	f := parse(t, "[profile b]\n[profile a]\n[services s]\n[sso-session t]\n[ignored]\n[default]", "[c]\n[a]")
	if got, want := f.Names(), []string{"a", "b", "c", "default"}; !slices.Equal(got, want) {
		t.Errorf("Names = %q, want %q", got, want)
	}
	if s, ok := f.Profile("nobody"); ok || s.Get("k") != "" {
		t.Errorf("Profile(nobody) = %v, %v, want none", s, ok)
	}
	if got := f.Setting("nobody", "k"); got != "" {
		t.Errorf("Setting(nobody) = %q, want none", got)
	}
	if got := parse(t, "", "").Names(); len(got) != 0 {
		t.Errorf("Names of no files = %q, want none", got)
	}
}

// TestQuotedNames: the names are those that botocore 1.43 finds.
func TestQuotedNames(t *testing.T) {
	for _, c := range []struct {
		config, credentials string
		want                []string
	}{
		{"[profile 'my prod']", "", []string{"my prod"}},
		{`[profile "my prod"]`, "", []string{"my prod"}},
		{"[profile\t'tab']", "", []string{"tab"}},
		{`[profile "o'neil"]`, "", []string{"o'neil"}},
		{"[profile prod&test]", "", []string{"prod&test"}},
		{"[profile caf\u00e9]", "", []string{"caf\u00e9"}},
		{"[profile prod=1]", "", []string{"prod=1"}},
		{"[profile 'prod!']", "", []string{"prod!"}},
		{"[profile my prod]", "", nil},
		{"[profile 'my]", "", nil},
		{"[profile my'\"]", "", nil},
		{"[profile '']", "", nil},
		{"['default']", "", nil},
		// The AWS CLI writes a quoted name into the config file, and the bare one into the other.
		{"[profile 'my prod']", "[my prod]", []string{"my prod"}},
		// AWS's published vectors ignore it when it is alone.
		{"", "[my prod]", nil},
		{"[profile my prod]", "[my prod]", nil},
	} {
		if got := parse(t, c.config, c.credentials).Names(); !slices.Equal(got, c.want) {
			t.Errorf("%s and %s: names %q, want %q", c.config, c.credentials, got, c.want)
		}
	}
	f := parse(t, "[profile 'my prod']\nk = config", "[my prod]\nk = credentials")
	if got := f.Setting("my prod", "k"); got != "credentials" {
		t.Errorf("my prod has %q", got)
	}
	s := parse(t, "[sso-session 'my s']\nk = v", "").Sessions()["my s"]
	if got := s.Get("k"); got != "v" {
		t.Errorf("the session has %q", got)
	}
}

// TestNameCharacters checks for each byte whether a name may contain it.
func TestNameCharacters(t *testing.T) {
	const refused = " \t!\"'\\[]#;\x7f"
	for c := range 256 {
		name := "a" + string([]byte{byte(c)}) + "a"
		f, _ := profile.Parse(nil, []byte("["+name+"]"))
		got := f != nil && slices.Equal(f.Names(), []string{name})
		if want := c >= ' ' && strings.IndexByte(refused, byte(c)) < 0; got != want {
			t.Errorf("[%q] is a profile: %v, want %v", name, got, want)
		}
	}
}
