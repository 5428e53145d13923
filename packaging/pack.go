package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers the format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packageName is not "sluice", which is another program of Debian's.
const packageName = "fluent-bit-sluice"

const description = `Fluent Bit output plugin that ships logs to Amazon S3
It loses nothing that it has accepted, stores nothing twice, and finds its own
AWS credentials. The command sluice checks, explains and repairs, and gives
other applications AWS credentials.`

// pack writes a package, and returns its name.
func (r release) pack(format string, p platform) (name string, err error) {
	contents, err := r.installed(format, p)
	if err != nil {
		return format, err
	}
	info := r.describePackage(p.arch, contents)
	info.Depends = []string{depends(format)}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return format, err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return format, err
	}
	name = packager.ConventionalFileName(info)
	out, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return name, err
	}
	defer out.Close()
	if err := packager.Package(info, out); err != nil {
		return name, err
	}
	return name, out.Close()
}

func (r release) describePackage(arch string, contents files.Contents) *nfpm.Info {
	script := func(name string) string { return filepath.Join(r.root, "packaging/scripts", name) }
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: packageName, Arch: arch, Platform: "linux", Version: r.version, VersionSchema: "none", Release: "1",
		Section: "admin", Priority: "optional", Maintainer: "The Sluice authors", Description: description,
		License: "Apache-2.0", MTime: r.date, DisableGlobbing: true,
	})
	info.Overridables = nfpm.Overridables{
		Contents:  contents,
		Conflicts: []string{"sluice"}, // its command has the same name
		Umask:     0o002,
		Scripts: nfpm.Scripts{
			PostInstall: script("postinstall.sh"),
			PreRemove:   script("preremove.sh"),
			PostRemove:  script("postremove.sh"),
		},
	}
	info.Deb.Fields = map[string]string{"Enhances": "fluent-bit"}
	// Fluent Bit may be installed later, or an upgrade of it may replace plugins.conf.
	info.Deb.Triggers.InterestNoAwait = []string{"/etc/fluent-bit/plugins.conf"}
	info.Deb.Compression = "xz"
	info.RPM.Compression = "xz"
	info.RPM.BuildHost = "localhost"
	info.RPM.Summary, _, _ = strings.Cut(description, "\n")
	return info
}

// depends names the oldest C library that the plugin runs with, in the words of a package format.
func depends(format string) string {
	if format == "deb" {
		return "libc6 (>= " + maxGLIBC + ")"
	}
	return "libc.so.6(GLIBC_" + maxGLIBC + ")(64bit)"
}

// compressed returns the manual's pages as packages have them.
func (r release) compressed(pages []entry) ([]entry, error) {
	dir := filepath.Join(r.stage, "man.gz")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var all []entry
	for _, page := range pages {
		content, err := os.ReadFile(page.source)
		if err != nil {
			return nil, err
		}
		var packed bytes.Buffer
		zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			return nil, err
		}
		zip.Write(content) // a buffer takes everything
		if err := zip.Close(); err != nil {
			return nil, err
		}
		to := entry{filepath.Join(dir, filepath.Base(page.path)+".gz"), page.path + ".gz", 0o644}
		if err := os.WriteFile(to.source, packed.Bytes(), 0o644); err != nil {
			return nil, err
		}
		all = append(all, to)
	}
	return all, nil
}
