package creds

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// token returns what to send as Authorization, "" for none. A token that is
// meant and cannot be had is a failure, never "not configured".
func (c *Container) token() (string, error) {
	switch {
	case !blank(c.TokenFile):
		content, err := c.readFile(c.TokenFile)
		if err != nil {
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err // the file is named once
			}
			return "", fmt.Errorf("authorization token file %s: %w", c.TokenFile, err)
		}
		token, err := parseToken(content)
		if err != nil {
			return "", fmt.Errorf("authorization token file %s: %w", c.TokenFile, err)
		}
		return token, nil
	case !blank(c.Token):
		token, err := parseToken([]byte(c.Token))
		if err != nil {
			return "", fmt.Errorf("authorization token: %w", err)
		}
		return token, nil
	}
	return "", nil
}

// parseToken returns a token as a header may hold it. The newline that editors
// leave at the end is not part of it; any other would begin a header of the
// token's own, or cut the token short.
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
			return "", fmt.Errorf("byte %d of %d is not a printable character of ASCII (a line break, perhaps): a token is one line", i+1, len(content))
		}
	}
	return token, nil
}
