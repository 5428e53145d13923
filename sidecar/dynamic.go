package sidecar

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
	Directory      string      `json:"directory"`    // older spelling
	FilePattern    string      `json:"file_pattern"` // of the older spelling
	Include        []string    `json:"include_patterns"`
	Exclude        []string    `json:"exclude_patterns"`
	ReloadInterval int         `json:"reload_interval"` // seconds
}

// Directory is a folder of services and the patterns of its files.
type Directory struct {
	Path    string   `json:"path"`
	Include []string `json:"include_patterns"`
	Exclude []string `json:"exclude_patterns"`
	Glob    string   `json:"-"`
	plain   bool     // only a path was written
}

// UnmarshalJSON reads both spellings: a path, or a path with patterns.
func (d *Directory) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &d.Path); err == nil {
		d.plain = true
		return nil
	}
	type fields Directory
	return json.Unmarshal(b, (*fields)(d))
}

// defaultDirectory is CredProxy's.
const defaultDirectory = "/credproxy/dynamic"

// settle turns the older spellings into directories.
func (d *Dynamic) settle() {
	if d.Directory != "" {
		d.Directories = append(d.Directories, Directory{Path: d.Directory, Glob: d.FilePattern, plain: true})
	}
	if len(d.Directories) == 0 {
		d.Directories = []Directory{{Path: defaultDirectory, plain: true}}
	}
	for i := range d.Directories {
		if each := &d.Directories[i]; each.plain {
			each.Include, each.Exclude = d.Include, d.Exclude
		}
	}
}

// check tells of each pattern that is none, by its path. It is called before
// settle.
func (d *Dynamic) check(wrong func(path ...string)) {
	check := func(patterns []string, path ...string) {
		for i, pattern := range patterns {
			if _, err := compile(pattern); err != nil {
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

// compile makes an expression that begins at the text's start, as Python's
// re.match has it.
func compile(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile("^(?:" + pattern + ")")
}

// takes tells whether a file of the directory holds services. A pattern may be
// of the file's name or of its whole path: CredProxy's documents write the
// former and it matches the latter.
func (d Directory) takes(path string) bool {
	name := filepath.Base(path)
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
	default:
		return false
	}
	matches := func(pattern string) bool {
		expression, err := compile(pattern)
		return err == nil && (expression.MatchString(path) || expression.MatchString(name))
	}
	if d.Glob != "" {
		if ok, _ := filepath.Match(d.Glob, name); !ok {
			return false
		}
	}
	return !slices.ContainsFunc(d.Exclude, matches) && (len(d.Include) == 0 || slices.ContainsFunc(d.Include, matches))
}

// files lists the directory's files of services, in order. A directory that is
// not there has none.
func (d Directory) files(readDir func(string) ([]fs.DirEntry, error)) ([]string, error) {
	entries, err := readDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var paths []string
	for _, e := range entries {
		if path := filepath.Join(d.Path, e.Name()); d.takes(path) {
			paths = append(paths, path)
		}
	}
	return paths, err
}
