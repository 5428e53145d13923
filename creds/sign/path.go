package sign

import (
	"net/url"
	"path"
	"strings"
)

// canonicalPath derives the path that is signed from the one that is sent.
func (s *Signer) canonicalPath(sent string) string {
	if !s.options.KeepPath {
		sent = normalize(sent)
	}
	if sent == "" {
		sent = "/"
	}
	if s.options.EncodeOnce {
		if decoded, err := url.PathUnescape(sent); err == nil {
			sent = decoded
		}
	}
	return encode(sent, true)
}

// normalize removes empty and dot segments. A slash at the end stays.
func normalize(sent string) string {
	clean := path.Clean("/" + sent)
	if strings.HasSuffix(sent, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// encode writes every byte that RFC 3986 does not call unreserved as %XX, in capitals. In a path slashes stay.
func encode(s string, inPath bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		c := s[i]
		if unreserved(c) || inPath && c == '/' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func unreserved(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
