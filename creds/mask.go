package creds

import (
	"regexp"
	"strings"
)

// mask replaces by "***" what may be a secret in text that others wrote, so
// that the rest can be shown in an error:
//
//   - what follows a name such as password, token or key with an equals sign or
//     a colon, a flag such as --password, or the word Bearer: up to the next
//     space, or the end of the quotes that it begins with. After "authorization"
//     it is the rest of the line;
//   - user and password of a URL;
//   - what looks random: 16 characters or more as base64 and its relatives have
//     them, both letters and digits; or 32 or more of whatever kind. All of AWS's
//     secret keys and session tokens are like that.
//
// It cannot promise to find a short password that stands alone, one of several
// words without quotes, or a secret that other characters interrupt. It hides
// long paths, too. So it is the last net, for what must be shown; what need not
// be shown is better left out.
func mask(text string) string { return maskWords(text, nil) }

// maskWords hides these words besides, wherever they stand.
func maskWords(text string, words []string) string {
	hidden := make([]bool, len(text)) // by rules that may overlap
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
	for _, run := range regexp.MustCompile(`[A-Za-z0-9/+=_.~-]{16,}`).FindAllStringIndex(text, -1) {
		if looksRandom(text[run[0]:run[1]]) {
			hide(run[0], run[1])
		}
	}
	for _, rule := range valueRules() {
		for _, opening := range rule.opening.FindAllStringIndex(text, -1) {
			if value := rule.value.FindStringSubmatchIndex(text[opening[1]:]); value != nil {
				hide(opening[1]+value[2], opening[1]+value[3])
			}
		}
	}
	return render(text, hidden)
}

// looksRandom judges a run of at least 16 characters.
func looksRandom(run string) bool {
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return len(run) >= 32 || strings.ContainsAny(run, digits) && strings.ContainsAny(run, letters)
}

// valueRule hides the first group of value where it follows the opening. They
// are matched apart because a value may hold the opening of another.
type valueRule struct{ opening, value *regexp.Regexp }

func valueRules() []valueRule {
	const (
		name  = `(?i)(?:secret|token|passw|passphrase|pwd|key|credential|signature)`
		is    = `["'\\\])}]*\s*[=:]+>?\s*` // = : := => and the end of a quoted name
		value = `^((?s:"(?:\\.|[^"\\])*"?|'[^']*'?|\S)+)`
	)
	rule := func(opening, value string) valueRule {
		return valueRule{regexp.MustCompile(opening), regexp.MustCompile(value)}
	}
	return []valueRule{
		rule(name+`[\w.-]*`+is, value),
		rule(`-`+`[\w-]*`+name+`[\w-]*\s+`, value),
		rule(`(?i)\bbearer\s+`, value),
		rule(`(?i)authorization`+is, `^([^\n]*)`),
		rule(`://`, `^([^\s/]*)@`),
	}
}

// render writes three stars for each hidden stretch.
func render(text string, hidden []bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString("***")
		}
	}
	return b.String()
}
