package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
)

// entry is a file to ship.
type entry struct {
	source string // where it is
	path   string // its name in the archive or on the user's machine
	mode   fs.FileMode
}

// archived are the files of a platform's archive, in order.
func (r release) archived(p platform) ([]entry, error) {
	var all []entry
	for _, name := range p.programs() {
		all = append(all, entry{r.program(p, name), name, 0o755})
	}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		all = append(all, entry{filepath.Join(r.root, name), name, 0o644})
	}
	all = append(all, entry{r.thirdParties(), thirdPartiesName, 0o644})
	trees := []string{"docs"}
	if p.os == "linux" {
		trees = append(trees, "deploy")
	}
	for _, tree := range trees {
		found, err := walk(filepath.Join(r.root, tree), tree)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for _, tree := range []string{"man", "completions"} {
		found, err := walk(filepath.Join(r.stage, tree), tree)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].path < all[j].path })
	return all, nil
}

// program is where a program of a platform is.
func (r release) program(p platform, name string) string {
	return filepath.Join(r.stage, p.String(), name)
}

// walk returns the files of a folder, for those below path prefix.
func walk(dir, prefix string) ([]entry, error) {
	var found []entry
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		found = append(found, entry{filepath.Join(dir, name), path.Join(prefix, name), mode})
		return nil
	})
	return found, err
}
