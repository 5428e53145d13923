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

// helpers are the builds of sluice-credential-helper, by architecture. A plain
// "go build" finds none of them there.
//
//go:embed helpers
var helpers embed.FS

// helperName is what the helper is called where it is installed.
const helperName = "sluice-credential-helper"

// installation says where the helper goes, and what the container sees of it.
type installation struct{ dir, mount, arch, profile, region string }

func newHelper(w world) *cobra.Command {
	cmd := &cobra.Command{Use: "helper", Short: "Set up credential_process for containers", Args: cobra.NoArgs, RunE: needsSubcommand}
	in := installation{}
	install := &cobra.Command{
		Use:   "install DIR",
		Short: "Write the static helper and an AWS config file that names it",
		Long: `Write ` + helperName + ` and an AWS config file whose credential_process names
it into DIR, ready to be mounted read-only into a container:

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
	f.StringVar(&in.mount, "mount-path", "", "where the container sees DIR (default: DIR)")
	f.StringVar(&in.arch, "arch", runtime.GOARCH, "the container's architecture, amd64 or arm64")
	f.StringVar(&in.profile, "profile", "default", "profile to write")
	f.StringVar(&in.region, "region", "", "region to write")
	cmd.AddCommand(install)
	return cmd
}

func (in installation) write(w world, builds fs.FS) error {
	program, err := fs.ReadFile(builds, "helpers/linux-"+in.arch)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("this sluice holds no helper for linux/%s: build sluice with make, for amd64 or arm64", in.arch)
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
	}{{helperName, program, 0o755}, {"config", config, 0o644}} {
		path := filepath.Join(in.dir, each.name)
		if err := replace(path, each.content, each.mode); err != nil {
			return err
		}
		fmt.Fprintln(w.stdout, path)
	}
	return nil
}

// config is an AWS config file. SDKs split the command at spaces, so a path with
// one stands in quotes.
func (in installation) config() ([]byte, error) {
	mount := in.mount
	if mount == "" {
		mount = in.dir
	}
	mount, err := filepath.Abs(mount)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"--mount-path": mount, "--profile": in.profile, "--region": in.region} {
		if strings.ContainsAny(value, "\r\n\"]") {
			return nil, fmt.Errorf("%s %q cannot stand in an AWS config file: leave out quotes, brackets and line breaks", name, value)
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

// replace puts a file in its place as a whole: the old one may be running.
func replace(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone if all went well
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
