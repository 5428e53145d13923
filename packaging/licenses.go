package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// thirdPartiesName is a file with the licenses that the modules in the programs ask to pass on.
const thirdPartiesName = "THIRD-PARTY-LICENSES.txt"

func (r release) thirdParties() string { return filepath.Join(r.stage, thirdPartiesName) }

var licenseName = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|patents)(\.(txt|md))?$`)

// writeThirdParties collects the licenses of Go and of all modules in Linux's programs, which are those of the others,
// too.
func (r release) writeThirdParties() error {
	folders, err := r.moduleFolders()
	if err != nil {
		return err
	}
	paths := []string{"Go's standard library"}
	for path := range folders {
		paths = append(paths, path)
	}
	slices.Sort(paths[1:])
	goroot, err := output(r.root, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	folders[paths[0]] = strings.TrimSpace(goroot)
	var text bytes.Buffer
	for _, path := range paths {
		if err := appendLicenses(&text, path, folders[path]); err != nil {
			return err
		}
	}
	return os.WriteFile(r.thirdParties(), text.Bytes(), 0o644)
}

// moduleFolders are the sources of the modules in the programs, by their paths.
func (r release) moduleFolders() (map[string]string, error) {
	linked := map[string]bool{}
	programs, err := filepath.Glob(filepath.Join(r.stage, "linux-*", "*"))
	if err != nil {
		return nil, err
	}
	for _, file := range programs {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			continue // the header of the plugin
		}
		for _, module := range info.Deps {
			linked[module.Path] = true
		}
	}
	// By its packages: "go list -m all" would write into go.sum, and the next build's version would be "dirty".
	listed, err := output(r.root, "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Dir}}{{end}}", "./...")
	if err != nil {
		return nil, err
	}
	folders := map[string]string{}
	for line := range strings.Lines(listed) {
		if path, dir, _ := strings.Cut(strings.TrimSpace(line), " "); linked[path] {
			folders[path] = dir
		}
	}
	for path := range linked {
		if folders[path] == "" {
			return nil, fmt.Errorf("%s is in the programs, but no package here needs it on this machine", path)
		}
	}
	return folders, nil
}

// appendLicenses appends a module's licenses and notices.
func appendLicenses(text *bytes.Buffer, path, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	found := false
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenseName.MatchString(e.Name()) {
			continue
		}
		found = true
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(text, "==== %s: %s\n\n%s\n\n", path, e.Name(), bytes.TrimSpace(content))
	}
	if !found {
		return fmt.Errorf("%s has no license file: see under which terms it may be shipped", path)
	}
	return nil
}

// output runs a program in a folder and returns what it prints.
func output(dir, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	return string(out), nil
}
