package sign

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parameters are names and values in the order in which they are sent.
type parameters [][2]string

// String writes them as a query.
func (p parameters) String() string { return p.encoded().join() }

// canonical sorts them by their encoded names, and then by their encoded values.
func (p parameters) canonical() string {
	encoded := p.encoded()
	slices.SortFunc(encoded, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return encoded.join()
}

func (p parameters) encoded() parameters {
	encoded := make(parameters, len(p))
	for i, each := range p {
		encoded[i] = [2]string{encode(each[0], false), encode(each[1], false)}
	}
	return encoded
}

// join writes a value for each name, which may be empty.
func (p parameters) join() string {
	pairs := make([]string, len(p))
	for i, each := range p {
		pairs[i] = each[0] + "=" + each[1]
	}
	return strings.Join(pairs, "&")
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// plain writes a space as %20. A plus sign is a space to those who read a query as a form, as nearly all do, and a plus
// to others: the signature would hold for only one of them.
func plain(query string) string { return strings.ReplaceAll(query, "+", "%20") }

// parseQuery reads the parameters of a query. An empty one, as between two ampersands, is none.
func parseQuery(sent string) (parameters, error) {
	var found parameters
	for pair := range strings.SplitSeq(sent, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, fmt.Errorf("the request's query cannot be read: %w", err)
		}
		found = append(found, [2]string{name, value})
	}
	return found, nil
}
