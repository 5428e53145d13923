package config

import (
	"context"
	"io/fs"
	"os"
	"testing"
	"time"

	"sluice/internal/slowfs"
)

// planted is in every secret of these tests; test/run.sh looks for it in what
// they print.
const planted = "PLANTED7secret"

const (
	tokenOne = planted + "-token-of-one"
	tokenTwo = planted + "-token-of-two"
)

// role is the shortest assumed_role.
const role = `assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/r"}`

// one is a configuration of one service.
const one = `services:
  one:
    auth_token: ` + tokenOne + `
    assumed_role: {RoleArn: "arn:aws:iam::123456789012:role/one"}
`

// machine is an environment of a few variables and of this machine's files.
func machine(variables map[string]string) Environment {
	fsys := &slowfs.FS{Timeout: 10 * time.Second} // the machine may be busy
	return Environment{
		LookupEnv: func(name string) (string, bool) { value, set := variables[name]; return value, set },
		ReadFile:  fsys.ReadFile,
		ReadDir:   fsys.ReadDir,
		Stat:      fsys.Stat,
	}
}

// paper is an environment of a few variables and of files by their content.
func paper(variables, files map[string]string) Environment {
	env := machine(variables)
	env.ReadFile = func(_ context.Context, path string) ([]byte, error) {
		if text, is := files[path]; is {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return env
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
