package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"sluice/conf"
	"sluice/creds/standard"
	"sluice/setup"
)

// checkFiles returns what is wrong with the files that a configuration names, as this user and in this environment
// finds them. It creates nothing.
func (s section) checkFiles(cfg conf.Config, sources *standard.Sources) (problems conf.Mistakes) {
	options := setup.Credentials(cfg)
	if _, err := sources.STS(options); err != nil {
		property := "AWS_CA_BUNDLE" // or the profile's ca_bundle; the error names the file
		if _, set := s.get("ca_file"); set {
			property = "ca_file"
		}
		problems = append(problems, conf.Mistake{Property: property, Problem: fmt.Sprintf(
			"%q cannot be used: name a PEM file that this user can read (%v)", cfg.CAFile, err)})
	}
	if cfg.Profile != "" {
		if err := sources.CheckProfile(options); err != nil {
			problems = append(problems, conf.Mistake{Property: "profile", Problem: fmt.Sprintf(
				"%q cannot be used: write one that is in the shared AWS files, or name these in AWS_CONFIG_FILE and "+
					"AWS_SHARED_CREDENTIALS_FILE (%v)", cfg.Profile, err)})
		}
	}
	if problem := checkStoreDir(cfg.StoreDir); problem != "" {
		problems = append(problems, conf.Mistake{Property: "store_dir", Problem: problem})
	}
	return problems
}

// checkStoreDir returns why a folder cannot be created and written.
func checkStoreDir(dir string) string {
	at, err := nearestFolder(dir)
	if err == nil {
		err = mayCreateIn(at)
	}
	if err == nil {
		return ""
	}
	problem := fmt.Sprintf("%q cannot be created", dir)
	if at == filepath.Clean(dir) {
		problem = fmt.Sprintf("%q cannot be written", dir)
	}
	return fmt.Sprintf("%s: let user %d write to %s, run check as Fluent Bit's user, or set another folder (%v)",
		problem, os.Geteuid(), cmp.Or(at, dir), err)
}

// nearestFolder returns dir, or the nearest folder above it that exists.
func nearestFolder(dir string) (string, error) {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return dir, nil
		case err == nil:
			return dir, fmt.Errorf("%s is not a folder", dir)
		case !os.IsNotExist(err) && !isNotFolder(err) || dir == filepath.Dir(dir):
			return dir, err
		}
	}
}

// storeHint says that a folder is lost with the machine's memory, as the output does.
func storeHint(dir string) []string {
	at, err := nearestFolder(dir)
	if err != nil || !inMemory(at) {
		return nil
	}
	return []string{fmt.Sprintf("set store_dir to a folder on a disk: %q is in memory, so what is not yet in S3 is "+
		"lost when the machine stops", dir)}
}
