package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
)

// helpers has the builds of sluice-credential-helper, by architecture. make puts
// them there; a plain "go build" finds none.
//
//go:embed helpers
var helpers embed.FS

// helperName is the name under which the helper is installed.
const helperName = "sluice-credential-helper"

// installation says where the helper is installed, and what its container sees.
type installation struct {
	dir     string
	mount   string // where the container sees dir; "" for the same path
	arch    string // of the container
	profile string // to write
	region  string // to write; "" for none
}

func newHelper(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "helper",
		Short: "Set up credential_process for containers",
		Args:  cobra.NoArgs,
		RunE:  needsSubcommand,
	}
	in := installation{}
	install := &cobra.Command{
		Use:   "install DIR",
		Short: "Write the static helper and an AWS config file that runs it",
		Long: `Write ` + helperName + ` and an AWS config file whose credential_process runs
it into DIR, which can be mounted read-only into a container:

	sluice helper install --mount-path /sluice ./aws
	docker run -v ./aws:/sluice:ro -e AWS_CONFIG_FILE=/sluice/config \
	  -e SLUICE_CREDENTIAL_URL=http://127.0.0.1:1338/_aws/credentials -e SLUICE_CREDENTIAL_TOKEN …`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in.dir = args[0]
			return failed(in.write(w, helpers))
		},
	}
	f := install.Flags()
	f.StringVar(&in.mount, "mount-path", "", "`path` of DIR in the container (default: DIR)")
	f.StringVar(&in.arch, "arch", runtime.GOARCH, "architecture of the container, amd64 or arm64")
	f.StringVar(&in.profile, "profile", "default", "name of the profile to write")
	f.StringVar(&in.region, "region", "", "region of the profile")
	cmd.AddCommand(install)
	return cmd
}

// write writes the helper and the config file, and prints their paths.
func (in installation) write(w world, builds fs.FS) error {
	program, err := fs.ReadFile(builds, "helpers/linux-"+in.arch)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("this build of sluice contains no helper for linux/%s: "+
			"build sluice with make, for amd64 or arm64", in.arch)
	}
	if err != nil {
		return err
	}
	config, err := in.config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		return err
	}
	for _, each := range []struct {
		name    string
		content []byte
		mode    fs.FileMode
	}{
		{helperName, program, 0o755},
		{"config", config, 0o644},
	} {
		path := filepath.Join(in.dir, each.name)
		if err := replaceFile(path, each.content, each.mode); err != nil {
			return err
		}
		fmt.Fprintln(w.stdout, path)
	}
	return nil
}

// config returns an AWS config file. SDKs split the command at spaces, so a path
// that has one is quoted.
func (in installation) config() ([]byte, error) {
	mount := in.mount
	if mount == "" {
		mount = in.dir
	}
	mount, err := filepath.Abs(mount)
	if err != nil {
		return nil, err
	}
	flags := map[string]string{"--mount-path": mount, "--profile": in.profile, "--region": in.region}
	for name, value := range flags {
		if strings.ContainsAny(value, "\r\n\"]") {
			return nil, fmt.Errorf("%s %q cannot be written to an AWS config file: "+
				"leave out quotes, brackets and line breaks", name, value)
		}
	}
	section := "profile " + in.profile
	if in.profile == "default" {
		section = in.profile
	}
	command := filepath.Join(mount, helperName)
	if strings.Contains(command, " ") {
		command = `"` + command + `"`
	}
	text := fmt.Sprintf("[%s]\ncredential_process = %s\n", section, command)
	if in.region != "" {
		text += fmt.Sprintf("region = %s\n", in.region)
	}
	return []byte(text), nil
}
