package container

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// token returns the value of the Authorization header, "" for none. A token that is configured but cannot be read is a
// failure, never "not configured".
func (p *Provider) token() (string, error) {
	switch {
	case !blank(p.TokenFile):
		token, err := p.readToken()
		if err != nil {
			return "", fmt.Errorf("authorization token file %s: %w", p.TokenFile, err)
		}
		return token, nil
	case !blank(p.Token):
		token, err := parseToken([]byte(p.Token))
		if err != nil {
			return "", fmt.Errorf("authorization token: %w", err)
		}
		return token, nil
	}
	return "", nil
}

func (p *Provider) readToken() (string, error) {
	content, err := p.readFile(p.TokenFile)
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err // the caller names the file
		}
		return "", err
	}
	return parseToken(content)
}

// parseToken returns a token as a header may hold it. The newline that editors leave at the end is not part of it. Any
// other would start another header, or cut the token short.
func parseToken(content []byte) (string, error) {
	token, found := strings.CutSuffix(string(content), "\r\n")
	if !found {
		token = strings.TrimSuffix(token, "\n")
	}
	if blank(token) {
		return "", errors.New("it is empty")
	}
	for i := range len(token) {
		if b := token[i]; b < ' ' || b > '~' {
			return "", fmt.Errorf("byte %d of %d is not printable ASCII (perhaps a line break): "+
				"write the token on one line", i+1, len(content))
		}
	}
	return token, nil
}
