// Package redact hides what may be a secret in text that others wrote, so that the rest can be shown in an error.
//
//	text := redact.Words(redact.Printable(stderr), arguments)
package redact

import (
	"regexp"
	"strings"
	"unicode"
)

// mask replaces each hidden stretch of text.
const mask = "***"

// Text masks with "***":
//
//   - what follows a name such as password, token or key and an equals sign or a colon, a flag such as --password, or
//     the word Bearer: up to the next space, or to the end of the quotes that it begins with. After "authorization" it
//     is the rest of the line;
//   - the user and the password in a URL;
//   - what looks random: 16 or more characters of base64 and its relatives with both letters and digits, or 32 or more
//     of any kind. All of AWS's secret keys and session tokens look like that.
//
// It may miss a short password that stands alone, one of several words without quotes, or a secret that other
// characters interrupt. It also hides long paths. So it is the last resort, for what must be shown: leave out what need
// not be.
func Text(text string) string { return Words(text, nil) }

// Words masks what Text masks, and these words wherever they stand.
func Words(text string, words []string) string {
	hidden := make([]bool, len(text)) // the rules may overlap
	hide := func(from, to int) {
		for i := from; i < to; i++ {
			hidden[i] = true
		}
	}
	for _, word := range words {
		for from := 0; word != ""; {
			i := strings.Index(text[from:], word)
			if i < 0 {
				break
			}
			hide(from+i, from+i+len(word))
			from += i + 1
		}
	}
	for _, run := range runs.FindAllStringIndex(text, -1) {
		if looksRandom(text[run[0]:run[1]]) {
			hide(run[0], run[1])
		}
	}
	for _, rule := range valueRules {
		for _, opening := range rule.opening.FindAllStringIndex(text, -1) {
			if value := rule.value.FindStringSubmatchIndex(text[opening[1]:]); value != nil {
				hide(opening[1]+value[2], opening[1]+value[3])
			}
		}
	}
	return render(text, hidden)
}

// runs finds what is long enough to be a key or a token.
var runs = regexp.MustCompile(`[A-Za-z0-9/+=_.~-]{16,}`)

// looksRandom judges a run of at least 16 characters.
func looksRandom(run string) bool {
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return len(run) >= 32 || strings.ContainsAny(run, digits) && strings.ContainsAny(run, letters)
}

// valueRule hides the first group of value where it follows opening. The two are matched separately because a value may
// hold the opening of another.
type valueRule struct{ opening, value *regexp.Regexp }

const (
	secretName = `(?i)(?:secret|token|passw|passphrase|pwd|key|credential|signature)`
	assignment = `["'\\\])}]*\s*[=:]+>?\s*` // = : := => after the end of a quoted name
	anyValue   = `^((?s:"(?:\\.|[^"\\])*"?|'[^']*'?|\S)+)`
)

var valueRules = []valueRule{
	newRule(secretName+`[\w.-]*`+assignment, anyValue),
	newRule(`-`+`[\w-]*`+secretName+`[\w-]*\s+`, anyValue),
	newRule(`(?i)\bbearer\s+`, anyValue),
	newRule(`(?i)authorization`+assignment, `^([^\n]*)`),
	newRule(`://`, `^([^\s/]*)@`),
}

func newRule(opening, value string) valueRule {
	return valueRule{regexp.MustCompile(opening), regexp.MustCompile(value)}
}

// render writes the mask once for each hidden stretch.
func render(text string, hidden []bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(mask)
		}
	}
	return b.String()
}

// maxCode is longer than any error code of AWS.
const maxCode = 40

// Code returns an error code that is safe to show: letters and digits that look like no secret. Otherwise it returns
// "".
func Code(code string) string {
	for _, r := range code {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return ""
		}
	}
	if len(code) > maxCode || Text(code) != code {
		return ""
	}
	return code
}

// escapeSequences are a terminal's colours and the like.
var escapeSequences = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")

// Printable removes escape sequences and invisible characters, which could hide a secret from Text. Lines stay lines.
func Printable(text string) string {
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
	}, escapeSequences.ReplaceAllString(text, ""))
}
