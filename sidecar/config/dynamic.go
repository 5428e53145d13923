package config

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Dynamic says which folders hold services.
type Dynamic struct {
	Enabled        bool        `json:"enabled"`
	Directories    []Directory `json:"directories"`
	Directory      string      `json:"directory"`    // older spelling of one directory
	FilePattern    string      `json:"file_pattern"` // belongs to the older spelling
	Include        []string    `json:"include_patterns"`
	Exclude        []string    `json:"exclude_patterns"`
	ReloadInterval int         `json:"reload_interval"` // seconds
}

// Directory is a folder of services with the patterns of its files.
type Directory struct {
	Path    string   `json:"path"`
	Include []string `json:"include_patterns"`
	Exclude []string `json:"exclude_patterns"`
	Glob    string   `json:"-"` // from file_pattern; "" for any name

	pathOnly bool // and takes the patterns of Dynamic
}

// UnmarshalJSON accepts a path, and a path with patterns.
func (d *Directory) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &d.Path); err == nil {
		d.pathOnly = true
		return nil
	}
	type fields Directory
	return json.Unmarshal(b, (*fields)(d))
}

// defaultDirectory is CredProxy's.
const defaultDirectory = "/credproxy/dynamic"

// normalize turns the older spelling into a directory, and completes those that
// are only a path.
func (d *Dynamic) normalize() {
	if d.Directory != "" {
		d.Directories = append(d.Directories, Directory{Path: d.Directory, Glob: d.FilePattern, pathOnly: true})
	}
	if len(d.Directories) == 0 {
		d.Directories = []Directory{{Path: defaultDirectory, pathOnly: true}}
	}
	for i := range d.Directories {
		if each := &d.Directories[i]; each.pathOnly {
			each.Include, each.Exclude = d.Include, d.Exclude
		}
	}
}

// check calls wrong with the path of each pattern that is invalid. It is called
// before normalize, which moves patterns.
func (d *Dynamic) check(wrong func(path ...string)) {
	check := func(patterns []string, path ...string) {
		for i, pattern := range patterns {
			if _, err := compilePattern(pattern); err != nil {
				wrong(append(slices.Clone(path), strconv.Itoa(i))...)
			}
		}
	}
	check(d.Include, "include_patterns")
	check(d.Exclude, "exclude_patterns")
	for i, dir := range d.Directories {
		check(dir.Include, "directories", strconv.Itoa(i), "include_patterns")
		check(dir.Exclude, "directories", strconv.Itoa(i), "exclude_patterns")
	}
	if _, err := filepath.Match(d.FilePattern, ""); err != nil {
		wrong("file_pattern")
	}
}

// compilePattern compiles an expression that matches at the start of a text, as
// Python's re.match does.
func compilePattern(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile("^(?:" + pattern + ")")
}

// Matches reports whether a file of the directory holds services. A pattern may
// match the file's name or its whole path: CredProxy matches the path, but its
// documentation writes patterns of names.
func (d Directory) Matches(path string) bool {
	name := filepath.Base(path)
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
	default:
		return false
	}
	matches := func(pattern string) bool {
		expression, err := compilePattern(pattern)
		return err == nil && (expression.MatchString(path) || expression.MatchString(name))
	}
	if d.Glob != "" {
		if ok, _ := filepath.Match(d.Glob, name); !ok {
			return false
		}
	}
	return !slices.ContainsFunc(d.Exclude, matches) &&
		(len(d.Include) == 0 || slices.ContainsFunc(d.Include, matches))
}

// Files lists the directory's files of services in order. A directory that does
// not exist has none.
func (d Directory) Files(readDir func(string) ([]fs.DirEntry, error)) ([]string, error) {
	entries, err := readDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var paths []string
	for _, e := range entries {
		if path := filepath.Join(d.Path, e.Name()); d.Matches(path) {
			paths = append(paths, path)
		}
	}
	return paths, err
}
