package conf

import (
	"fmt"
	"slices"
	"strings"
)

// CheckNames returns a mistake for each name that is neither a property nor a setting of the
// engine. Case does not matter.
func CheckNames(names []string) (mistakes Mistakes) {
	for _, name := range names {
		lower := strings.ToLower(name)
		if known(lower) {
			continue
		}
		problem := "is not known"
		if near := nearest(lower); near != "" {
			problem += fmt.Sprintf(": did you mean %s?", near)
		}
		mistakes = append(mistakes, Mistake{name, problem})
	}
	return mistakes
}

// Misspelt returns a mistake for each misspelt property that is set. It is for hosts that
// neither list what is set nor check names (Fluent Bit before v5.1.1): it looks up all
// names that differ from a property by one typing error.
func Misspelt(get Lookup) (mistakes Mistakes) {
	for _, p := range Properties() {
		for _, slip := range slips(p.Name) {
			if _, set := get(slip); set && !known(slip) {
				mistakes = append(mistakes, Mistake{slip, fmt.Sprintf("is not known: did you mean %s?", p.Name)})
			}
		}
	}
	return mistakes
}

func known(name string) bool {
	if slices.ContainsFunc(Properties(), func(p Property) bool { return p.Name == name }) {
		return true
	}
	return slices.ContainsFunc(engineProperties, func(e string) bool {
		return name == e || strings.HasSuffix(e, ".") && strings.HasPrefix(name, e)
	})
}

// slips returns common misspellings of a name: a character left out, doubled or swapped with
// the next, an underscore written as a hyphen or a dot.
func slips(name string) []string {
	out := []string{
		strings.ReplaceAll(name, "_", "-"), strings.ReplaceAll(name, "_", "."), strings.ReplaceAll(name, "_", ""),
		"s3_" + name, strings.TrimPrefix(name, "s3_"), name + "s", strings.TrimSuffix(name, "s"),
	}
	for i := range name {
		out = append(out, name[:i]+name[i+1:], name[:i]+name[i:i+1]+name[i:])
		if i+1 < len(name) {
			out = append(out, name[:i]+name[i+1:i+2]+name[i:i+1]+name[i+2:])
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return s == name })
}

// nearest returns the property that name was probably meant to be, or "".
func nearest(name string) string {
	var names []string
	for _, p := range Properties() {
		names = append(names, p.Name)
	}
	return closest(name, names)
}

// closest returns the word that value was probably meant to be, or "". Case does not matter.
func closest(value string, words []string) string {
	best, distance := "", 1+len(value)/4
	for _, word := range words {
		d := editDistance(strings.ToLower(value), strings.ToLower(word))
		if d <= distance && (best == "" || d < distance) {
			best, distance = word, d
		}
	}
	return best
}

// editDistance returns the Levenshtein distance.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
