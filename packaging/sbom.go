package main

import (
	"cmp"
	"debug/buildinfo"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// billOfMaterials writes what the programs consist of, as CycloneDX, and returns its name. It asks the programs
// themselves, since Go writes into each the modules that it was linked from.
func (r release) billOfMaterials() (name string, err error) {
	name = "sluice-" + r.version + ".cdx.json"
	modules := map[string]cdx.Component{}
	var programs []cdx.Component
	for _, p := range r.platforms {
		for _, program := range p.programs() {
			c, err := r.describe(p, program, modules)
			if err != nil {
				return name, err
			}
			programs = append(programs, c)
		}
	}
	components := append(programs, slices.SortedFunc(maps.Values(modules),
		func(a, b cdx.Component) int { return cmp.Compare(a.BOMRef, b.BOMRef) })...)
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{
		Timestamp: r.date.Format(time.RFC3339),
		Component: &cdx.Component{
			Type: cdx.ComponentTypeApplication, Name: "sluice", Version: r.version, BOMRef: "sluice",
			Licenses: &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		},
	}
	bom.Components = &components
	out, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return name, err
	}
	defer out.Close()
	if err := cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom); err != nil {
		return name, err
	}
	return name, out.Close()
}

// describe returns a program, and adds the modules in it.
func (r release) describe(p platform, name string, modules map[string]cdx.Component) (cdx.Component, error) {
	file := r.program(p, name)
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return cdx.Component{}, err
	}
	hash, err := sum(file)
	if err != nil {
		return cdx.Component{}, err
	}
	add := func(name, version string) {
		url := "pkg:golang/" + name + "@" + version
		modules[url] = cdx.Component{
			Type: cdx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: url, BOMRef: url,
		}
	}
	add("std", strings.TrimPrefix(info.GoVersion, "go"))
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		add(module.Path, module.Version)
	}
	return cdx.Component{
		Type: cdx.ComponentTypeFile, Name: name, Version: r.version, BOMRef: p.String() + "/" + name,
		Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hash}},
	}, nil
}
