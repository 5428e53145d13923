package signtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonical is the canonical request, from the target and the headers as they came.
func canonical(r *http.Request, s Signed) string {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	lines := []string{r.Method, canonicalPath(path, s.Service), canonicalQuery(query)}
	for _, name := range s.Headers {
		lines = append(lines, name+":"+headerValue(r, name))
	}
	return strings.Join(append(lines, "", strings.Join(s.Headers, ";"), s.Payload), "\n")
}

// canonicalPath decodes S3's paths, and encodes those of others once more.
func canonicalPath(sent, service string) string {
	if !ofS3(service) {
		return escape(withoutDots(sent), "/")
	}
	if decoded, err := url.PathUnescape(sent); err == nil {
		sent = decoded
	}
	return escape(sent, "/")
}

// withoutDots removes empty segments and those with dots (RFC 3986, section 5.2.4).
func withoutDots(path string) string {
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, segment := range segments {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
		}
	}
	end := ""
	if len(kept) > 0 && segments[len(segments)-1] == "" {
		end = "/"
	}
	return "/" + strings.Join(kept, "/") + end
}

// canonicalQuery sorts what is between ampersands, by its encoded form.
func canonicalQuery(sent string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for _, part := range strings.Split(sent, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{escape(decode(name), ""), escape(decode(value), "")})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var out []string
	for _, p := range pairs {
		out = append(out, p.name+"="+p.value)
	}
	return strings.Join(out, "&")
}

// decode takes a plus sign as one: a signer must not send what others take for a space.
func decode(text string) string {
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return text
	}
	return decoded
}

// escape writes everything but letters, digits, "-._~" and what is in keep as %XX.
func escape(text, keep string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		c := string(rune(b))
		if b < 0x80 && strings.Contains("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"+keep, c) {
			out.WriteString(c)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", b)
	}
	return out.String()
}

// headerValue joins a header's values, each without needless spaces.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	var values []string
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' }), " "))
	}
	return strings.Join(values, ",")
}
