package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const sumsName = "SHA256SUMS"

// checksums writes the sums of files in the form that sha256sum reads.
func (r release) checksums(names []string) (name string, err error) {
	var text strings.Builder
	for _, each := range names {
		sum, err := sum(filepath.Join(r.out, each))
		if err != nil {
			return sumsName, err
		}
		fmt.Fprintf(&text, "%s  %s\n", sum, each)
	}
	return sumsName, os.WriteFile(filepath.Join(r.out, sumsName), []byte(text.String()), 0o644)
}

// sum is a file's SHA-256 in hexadecimal.
func sum(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}
