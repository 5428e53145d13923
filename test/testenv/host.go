package testenv

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Host is a program that loads the plugin and feeds it.
type Host interface {
	// String names the program and says where it is.
	String() string
	// Ship feeds all lines to the plugin and lets it end. When it returns nil, the plugin has accepted
	// every line and has been given its time to drain.
	Ship(ctx context.Context, s Shipment) error
}

// Shipment is what a Host has to do.
type Shipment struct {
	Plugin     string     // the .so; "" for an output that Fluent Bit has built in
	Output     string     // the output's name
	Properties []Property // and its settings
	Inputs     []Lines    // their files are in Dir
	Tail       []Property // more settings of the inputs; Fluent Bit's only
	Dir        string     // for files, configuration and log; the plugin's HOME as well
	Env        []string   // what the plugin finds in its environment besides PATH and HOME
}

// Property is one setting of a plugin.
type Property struct{ Name, Value string }

// Replaced returns properties with some of them changed, and others added.
func Replaced(all, change []Property) []Property {
	kept := slices.DeleteFunc(slices.Clone(all), func(p Property) bool {
		return slices.ContainsFunc(change, func(c Property) bool { return c.Name == p.Name })
	})
	return append(kept, change...)
}

// FindHost chooses Fluent Bit from $FLUENT_BIT or the PATH, else the loader at fallback.
func FindHost(fallback string) (Host, error) {
	program, err := FindFluentBit()
	if err == nil {
		return FluentBit{Program: program}, nil
	}
	path, err := filepath.Abs(fallback)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no fluent-bit on the PATH, no $FLUENT_BIT, and no %s (make builds it)", fallback)
	}
	return Loader{Program: path}, nil
}

// FindFluentBit finds the first that $FLUENT_BIT names, or fluent-bit on the PATH.
func FindFluentBit() (string, error) {
	all, err := FindFluentBits()
	if err != nil {
		return "", err
	}
	return all[0], nil
}

// FindFluentBits finds all that $FLUENT_BIT names, with colons between, or fluent-bit on the PATH.
func FindFluentBits() ([]string, error) {
	names := filepath.SplitList(os.Getenv("FLUENT_BIT"))
	if len(names) == 0 {
		names = []string{"fluent-bit"}
	}
	var all []string
	for _, name := range names {
		program, err := exec.LookPath(name)
		if err != nil {
			return nil, err
		}
		all = append(all, program)
	}
	return all, nil
}

// FindPlugin finds $SLUICE_PLUGIN, or what make builds, seen from a folder of this module.
func FindPlugin() (string, error) {
	if path := os.Getenv("SLUICE_PLUGIN"); path != "" {
		return existing(path)
	}
	return existing(filepath.Join("..", "..", "build", "out_sluice.so"))
}

// FindCommand finds the command that make builds, seen from a folder of this module.
func FindCommand() (string, error) { return existing(filepath.Join("..", "..", "build", "sluice")) }

// existing returns the absolute path of a file that is there.
func existing(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(path)
	return path, err
}

// environment is what the plugin's process sees: nothing of ours but the PATH, so that no AWS variable
// and no profile of the person who runs this can help.
func (s Shipment) environment() []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir}, s.Env...)
}

// Loader is test/host: it loads a plugin in the way that Fluent Bit does, and nothing else.
type Loader struct{ Program string }

func (l Loader) String() string { return "flb-host, this project's loader (" + l.Program + ")" }

// Ship runs the loader to its end: it ends when all lines are answered.
func (l Loader) Ship(ctx context.Context, s Shipment) error {
	args := []string{"-e", s.Plugin, "-o", s.Output, "-w", "1"}
	for _, p := range s.Properties {
		args = append(args, "-p", p.Name+"="+p.Value)
	}
	for _, in := range s.Inputs {
		args = append(args, "--lines", in.Tag+"="+in.File(s.Dir))
	}
	p, err := Start(Command{
		Path: l.Program, Args: args, Env: s.environment(), Dir: s.Dir, Log: filepath.Join(s.Dir, "host.log"),
	})
	if err != nil {
		return err
	}
	return p.end(ctx)
}

// end waits for a good end.
func (p *Process) end(ctx context.Context) error {
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("%w\n%s", ctx.Err(), p.LogEnd())
	}
	if err := p.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, p.LogEnd())
	}
	return nil
}
