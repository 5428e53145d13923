package main

import (
	"io/fs"
	"path"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2/files"
)

// folders are those that may exist because of the package alone. Several packages may have the same one.
var folders = []string{
	"/usr/share/bash-completion", "/usr/share/bash-completion/completions", "/usr/share/fish",
	"/usr/share/fish/vendor_completions.d", "/usr/share/zsh",
	"/usr/lib/fluent-bit", "/usr/lib/sluice", "/usr/lib/systemd/system/fluent-bit.service.d", "/usr/share/sluice",
	"/usr/share/sluice/examples", "/usr/share/doc/" + packageName, "/var/lib/fluent-bit",
}

// installed is what a package of a format puts where.
func (r release) installed(format string, p platform) (files.Contents, error) {
	own := func(name string) string { return filepath.Join(r.root, "packaging/files", name) }
	doc := "/usr/share/doc/" + packageName + "/"
	entries := []entry{
		{r.program(p, "out_sluice.so"), "/usr/lib/fluent-bit/out_sluice.so", 0o644},
		{r.program(p, "sluice"), "/usr/bin/sluice", 0o755},
		{r.program(p, "sluice-credential-helper"), "/usr/bin/sluice-credential-helper", 0o755},
		{own("plugins-conf"), "/usr/lib/sluice/plugins-conf", 0o755},
		{own("fluent-bit.service.d.conf"), "/usr/lib/systemd/system/fluent-bit.service.d/sluice.conf", 0o644},
		{own("sluice-serve.service"), "/usr/lib/systemd/system/sluice-serve.service", 0o644},
		{own("fluent-bit.conf"), "/usr/share/sluice/examples/fluent-bit.conf", 0o644},
		{filepath.Join(r.root, "LICENSE"), doc + "copyright", 0o644},
		{filepath.Join(r.root, "README.md"), doc + "README.md", 0o644},
		{filepath.Join(r.root, "CHANGELOG.md"), doc + "CHANGELOG.md", 0o644},
		{r.thirdParties(), doc + thirdPartiesName, 0o644},
	}
	for shell, to := range completions(format) {
		entries = append(entries, entry{filepath.Join(r.stage, "completions", shell), to, 0o644})
	}
	pages, err := walk(filepath.Join(r.stage, "man"), "/usr/share/man/man1")
	if err != nil {
		return nil, err
	}
	pages, err = r.compressed(pages)
	if err != nil {
		return nil, err
	}
	var contents files.Contents
	add := func(source, to, kind string, mode fs.FileMode) {
		contents = append(contents, &files.Content{
			Source: source, Destination: to, Type: kind,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.date},
		})
	}
	for _, e := range append(entries, pages...) {
		add(e.source, e.path, files.TypeFile, e.mode)
	}
	zsh := path.Dir(completions(format)["_sluice"])
	for _, dir := range append([]string{zsh}, folders...) { // which rpm removes only if they are in the package
		add("", dir, files.TypeDir, 0o755)
	}
	add("", "/var/lib/fluent-bit/sluice", files.TypeDir, 0o700)
	return contents, nil
}

// completions are the files of the shells, and where a distribution keeps them.
func completions(format string) map[string]string {
	zsh := "/usr/share/zsh/site-functions/_sluice"
	if format == "deb" {
		zsh = "/usr/share/zsh/vendor-completions/_sluice"
	}
	return map[string]string{
		"sluice.bash": "/usr/share/bash-completion/completions/sluice",
		"sluice.fish": "/usr/share/fish/vendor_completions.d/sluice.fish",
		"_sluice":     zsh,
	}
}
