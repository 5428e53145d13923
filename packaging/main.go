// Command packaging makes what a user installs from what the Makefile has built: archives, packages for Debian and
// for RPM, a bill of materials and checksums. "make dist" runs it.
//
//	go run . -version v0.1.0 -epoch 1700000000 -platforms "linux-amd64 darwin-arm64"
//
// Its output depends on the arguments and the files alone, not on the time, the folder or the user.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// release is what is packaged.
type release struct {
	root    string // the repository
	stage   string // has a folder of programs for each platform, and man and completions
	out     string
	version string    // of the tag, without its "v"
	date    time.Time // of all files

	platforms []platform
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("packaging", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var r release
	flags.StringVar(&r.root, "root", "..", "the repository's `folder`")
	flags.StringVar(&r.stage, "stage", "../build/dist", "`folder` of what was built")
	flags.StringVar(&r.out, "out", "../dist", "`folder` to write")
	version := flags.String("version", "", "`version` as git describe prints it, required")
	epoch := flags.Int64("epoch", 0, "`seconds` since 1970 that all files are dated, required")
	names := flags.String("platforms", "linux-amd64 linux-arm64 darwin-amd64 darwin-arm64",
		"`platforms` that were built")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version == "" || *epoch == 0 {
		return errors.New("set -version and -epoch: " +
			"make dist takes them from git, or from VERSION and SOURCE_DATE_EPOCH")
	}
	r.version, r.date = packageVersion(*version), time.Unix(*epoch, 0).UTC()
	for _, name := range strings.Fields(*names) {
		system, arch, _ := strings.Cut(name, "-")
		r.platforms = append(r.platforms, platform{system, arch})
	}
	return r.make(stdout)
}

// make writes everything, and prints the names.
func (r release) make(stdout io.Writer) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	for _, p := range r.platforms {
		if p.os != "linux" {
			continue
		}
		if err := checkGLIBC(r.program(p, "out_sluice.so")); err != nil {
			return err
		}
	}
	if err := r.writeThirdParties(); err != nil {
		return fmt.Errorf("collect the licenses of the modules: %w", err)
	}
	var names []string
	add := func(name string, err error) error {
		if err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
		names = append(names, name)
		_, err = fmt.Fprintln(stdout, name)
		return err
	}
	for _, p := range r.platforms {
		if err := add(r.archive(p)); err != nil {
			return err
		}
		for _, format := range p.packages() {
			if err := add(r.pack(format, p)); err != nil {
				return err
			}
		}
	}
	if err := add(r.billOfMaterials()); err != nil {
		return err
	}
	return add(r.checksums(names))
}

// platform is an operating system and an architecture, in Go's names.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "-" + p.arch }

// packages are the formats of the packages for a platform.
func (p platform) packages() []string {
	if p.os == "linux" {
		return []string{"deb", "rpm"}
	}
	return nil
}

// programs are the files that were built for a platform.
func (p platform) programs() []string {
	if p.os == "linux" {
		return []string{"out_sluice.so", "sluice", "sluice-credential-helper"}
	}
	return []string{"sluice", "sluice-credential-helper"}
}
