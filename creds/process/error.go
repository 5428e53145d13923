package process

import (
	"errors"
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"unicode"

	"sluice/creds/internal/redact"
)

// maxExcerpt is how many characters of standard error an error shows.
const maxExcerpt = 200

// exitError returns how a process failed, nil if it did not.
func exitError(status error) error {
	var exit *exec.ExitError
	if errors.As(status, &exit) && exit.ExitCode() >= 0 {
		return fmt.Errorf("exit code %d", exit.ExitCode())
	}
	return status
}

// commandName names a command by the base name of its program. It leaves out a first word that may be an assignment or
// the like, which could hold a secret.
func commandName(command string) string {
	if program := programOf(command); program != "" {
		return fmt.Sprintf("credential_process %q", path.Base(program))
	}
	return "credential_process"
}

// program matches a first word that can only be a program, quoted or not.
var program = regexp.MustCompile(`^\s*(?:"([\w./+@~ -]+)"|'([\w./+@~ -]+)'|([\w./+@~-]+))(?:\s|$)`)

// programOf returns a command's program, "" if its first word may be something else.
func programOf(command string) string {
	if m := program.FindStringSubmatch(command); m != nil {
		return m[1] + m[2] + m[3]
	}
	return ""
}

// excerpt returns the end of what a command wrote to standard error, masked and on one line.
func excerpt(stderr []byte, command string) string {
	text := redact.Words(redact.Printable(string(stderr)), arguments(command))
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxExcerpt {
		return "…" + string(line[len(line)-maxExcerpt:])
	}
	return string(line)
}

// arguments returns the words of a command that may be secrets and that the program may repeat in its messages: all but
// the program, flags, and words so short that they are part of others.
func arguments(command string) []string {
	rest := strings.TrimSpace(command)
	if program := programOf(command); program != "" {
		_, rest, _ = strings.Cut(rest, program)
	}
	separates := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`=;|&<>()$", r) }
	var words []string
	for _, word := range strings.FieldsFunc(rest, separates) {
		if len(word) >= 4 && !strings.HasPrefix(word, "-") {
			words = append(words, word)
		}
	}
	return words
}
