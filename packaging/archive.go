package main

import (
	"archive/tar"
	"compress/gzip"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// archive writes the tar archive of a platform, and returns its name.
func (r release) archive(p platform) (name string, err error) {
	folder := "sluice-" + r.version + "-" + p.String()
	name = folder + ".tar.gz"
	entries, err := r.archived(p)
	if err != nil {
		return name, err
	}
	out, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return name, err
	}
	defer out.Close()
	zip, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return name, err
	}
	archive := tar.NewWriter(zip)
	if err := r.appendFolders(archive, folder, entries); err != nil {
		return name, err
	}
	for _, e := range entries {
		if err := r.appendFile(archive, folder, e); err != nil {
			return name, err
		}
	}
	if err := archive.Close(); err != nil {
		return name, err
	}
	if err := zip.Close(); err != nil {
		return name, err
	}
	return name, out.Close()
}

// appendFolders appends the folders of the entries, each before what is in it.
func (r release) appendFolders(archive *tar.Writer, top string, entries []entry) error {
	seen := map[string]bool{}
	var add func(dir string) error
	add = func(dir string) error {
		if dir == "." || seen[dir] {
			return nil
		}
		seen[dir] = true
		if err := add(path.Dir(dir)); err != nil {
			return err
		}
		return archive.WriteHeader(r.header(tar.TypeDir, dir+"/", 0o755, 0))
	}
	for _, e := range entries {
		if err := add(path.Join(top, path.Dir(e.path))); err != nil {
			return err
		}
	}
	return nil
}

func (r release) appendFile(archive *tar.Writer, top string, e entry) error {
	content, err := os.ReadFile(e.source)
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(r.header(tar.TypeReg, path.Join(top, e.path), e.mode, len(content))); err != nil {
		return err
	}
	_, err = archive.Write(content)
	return err
}

// header describes a file of root's.
func (r release) header(kind byte, name string, mode fs.FileMode, size int) *tar.Header {
	return &tar.Header{
		Typeflag: kind, Name: name, Mode: int64(mode), Size: int64(size), ModTime: r.date,
		Uname: "root", Gname: "root", Format: tar.FormatPAX,
	}
}
