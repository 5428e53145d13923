package main

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goreleaser/nfpm/v2/files"
)

var linux, darwin = platform{"linux", "amd64"}, platform{"darwin", "arm64"}

// staged makes a release of programs that are only text, in a folder of its own.
func staged(t *testing.T) release {
	t.Helper()
	r := release{
		root: "..", stage: t.TempDir(), out: t.TempDir(), version: "0.1.0", date: time.Unix(1_700_000_000, 0).UTC(),
	}
	write := func(name string) {
		file := filepath.Join(r.stage, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(path.Base(name)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []platform{linux, darwin} {
		for _, program := range p.programs() {
			write(p.String() + "/" + program)
		}
	}
	for _, name := range []string{
		"man/sluice.1", "completions/sluice.bash", "completions/sluice.fish", "completions/_sluice", thirdPartiesName,
	} {
		write(name)
	}
	return r
}

// TestSameBytes makes everything in two folders, with files of other dates.
func TestSameBytes(t *testing.T) {
	sums := func(r release) (all []string) {
		for _, make := range []func() (string, error){
			func() (string, error) { return r.archive(linux) },
			func() (string, error) { return r.archive(darwin) },
			func() (string, error) { return r.pack("deb", linux) },
			func() (string, error) { return r.pack("rpm", linux) },
		} {
			name, err := make()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			hash, err := sum(filepath.Join(r.out, name))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, name+" "+hash)
		}
		return all
	}
	one, two := staged(t), staged(t)
	old := time.Unix(1, 0)
	if err := os.Chtimes(filepath.Join(two.stage, "linux-amd64/sluice"), old, old); err != nil {
		t.Fatal(err)
	}
	if a, b := sums(one), sums(two); !slices.Equal(a, b) {
		t.Errorf("two folders give\n%q\n%q", a, b)
	}
	later := staged(t)
	later.date = later.date.Add(time.Hour)
	if a, b := sums(one), sums(later); a[0] == b[0] || a[2] == b[2] || a[3] == b[3] {
		t.Error("the date is not in the archive and the packages")
	}
}

// TestFolders: each folder with a name of ours, Fluent Bit's or a shell's is in the package.
func TestFolders(t *testing.T) {
	contents, err := staged(t).installed("rpm", linux)
	if err != nil {
		t.Fatal(err)
	}
	owned := map[string]bool{}
	for _, c := range contents {
		owned[c.Destination] = c.Type == files.TypeDir
	}
	for _, c := range contents {
		for dir := path.Dir(c.Destination); dir != "/"; dir = path.Dir(dir) {
			ours := strings.Contains(path.Base(dir), "sluice") || strings.Contains(path.Base(dir), "fluent-bit")
			within := strings.Contains(path.Dir(dir), "sluice")
			shell := slices.ContainsFunc([]string{"bash", "fish", "zsh"}, func(name string) bool {
				return strings.HasPrefix(dir, "/usr/share/"+name)
			})
			if (ours || within || shell) && !owned[dir] {
				t.Errorf("%s would stay after %s", dir, c.Destination)
			}
		}
	}
}

func TestArchive(t *testing.T) {
	r := staged(t)
	name, err := r.archive(linux)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(r.out, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int64{}
	archive := tar.NewReader(zip)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if dir := path.Dir(path.Clean(h.Name)); dir != "." && modes[dir+"/"] != 0o755 {
			t.Errorf("%s comes before its folder", h.Name)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || !h.ModTime.Equal(r.date) {
			t.Errorf("%s: owner %d %d %s, date %v", h.Name, h.Uid, h.Gid, h.Uname, h.ModTime)
		}
		modes[h.Name] = h.Mode
	}
	top := "sluice-0.1.0-linux-amd64/"
	for file, mode := range map[string]int64{
		"out_sluice.so": 0o755, "sluice": 0o755, "sluice-credential-helper": 0o755,
		"LICENSE": 0o644, "README.md": 0o644, "CHANGELOG.md": 0o644, thirdPartiesName: 0o644,
		"docs/plugin.md": 0o644, "man/sluice.1": 0o644, "completions/_sluice": 0o644, "deploy/sidecar/README.md": 0o644,
	} {
		if modes[top+file] != mode {
			t.Errorf("%s has mode %o, want %o", file, modes[top+file], mode)
		}
	}
}
