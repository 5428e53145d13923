package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// A room is a package of the root module, named by its folder: "output/s3".
type room struct {
	name    string
	imports []importSpec
	links   []string // the packages that it depends on, directly or through others
}

// importSpec is an import in a file that is not a test. The path of a room is the room's name.
type importSpec struct {
	path string
	file string
	line int
}

// listedPackage is what "go list" reports of a package.
type listedPackage struct {
	ImportPath string
	Dir        string
	Deps       []string
	Module     struct{ Path, Dir string }

	GoFiles, CgoFiles, IgnoredGoFiles []string
}

// listRooms returns the packages of the module in the working directory.
func listRooms(ctx context.Context) ([]room, error) {
	fields := "-json=ImportPath,Dir,Deps,Module,GoFiles,CgoFiles,IgnoredGoFiles"
	listing, err := output(ctx, "go", "list", fields, "./...")
	if err != nil {
		return nil, err
	}
	var rooms []room
	for d := json.NewDecoder(bytes.NewReader(listing)); ; {
		var p listedPackage
		if err := d.Decode(&p); err == io.EOF {
			return rooms, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		r, err := p.room()
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, r)
	}
}

func (p listedPackage) room() (room, error) {
	prefix := p.Module.Path + "/"
	r := room{name: strings.TrimPrefix(p.ImportPath, prefix)}
	for _, dep := range p.Deps {
		r.links = append(r.links, strings.TrimPrefix(dep, prefix))
	}
	// The ignored files are those for other systems: the law holds for them, too.
	for _, files := range [][]string{p.GoFiles, p.CgoFiles, p.IgnoredGoFiles} {
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			specs, err := parseImports(p.Module.Dir, filepath.Join(p.Dir, name), prefix)
			if err != nil {
				return room{}, err
			}
			r.imports = append(r.imports, specs...)
		}
	}
	return r, nil
}

func parseImports(root, path, prefix string) (specs []importSpec, err error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return nil, err
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		specs = append(specs, importSpec{
			path: strings.TrimPrefix(imported, prefix),
			file: name,
			line: files.Position(spec.Pos()).Line,
		})
	}
	return specs, nil
}
