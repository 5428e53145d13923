package creds

import (
	"errors"
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// maxExcerpt is how many characters of standard error an error shows.
const maxExcerpt = 200

// exitError tells how a process ended, if not well.
func exitError(status error) error {
	var exit *exec.ExitError
	if errors.As(status, &exit) && exit.ExitCode() >= 0 {
		return fmt.Errorf("exit code %d", exit.ExitCode())
	}
	return status
}

// processName names a command by the base name of its program, or by nothing
// if its first word is none, but an assignment, say, which may hold a secret.
func processName(command string) string {
	if program := firstWord(command); program != "" {
		return fmt.Sprintf("credential_process %q", path.Base(program))
	}
	return "credential_process"
}

// firstWord returns a command's first word if it can only be a program.
func firstWord(command string) string {
	word := regexp.MustCompile(`^\s*(?:"([\w./+@~ -]+)"|'([\w./+@~ -]+)'|([\w./+@~-]+))(?:\s|$)`)
	if m := word.FindStringSubmatch(command); m != nil {
		return m[1] + m[2] + m[3]
	}
	return ""
}

// excerpt returns the end of what a process wrote to standard error, on one
// line, without what may be a secret.
func (p Process) excerpt(stderr []byte) string {
	text := maskWords(printable(string(stderr)), arguments(p.Command))
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxExcerpt {
		return "…" + string(line[len(line)-maxExcerpt:])
	}
	return string(line)
}

// arguments returns the words of a command that programs may repeat in their
// complaints, and that may be secrets: all that are neither its program nor a
// flag nor so short that they are in other words.
func arguments(command string) []string {
	rest := strings.TrimSpace(command)
	if program := firstWord(command); program != "" {
		_, rest, _ = strings.Cut(rest, program)
	}
	var words []string
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`=;|&<>()$", r) }) {
		if len(word) >= 4 && !strings.HasPrefix(word, "-") {
			words = append(words, word)
		}
	}
	return words
}

// printable removes a terminal's colours and whatever else is not to be seen,
// so that it hides no secret from mask. Lines stay lines.
func printable(text string) string {
	text = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]").ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
}
