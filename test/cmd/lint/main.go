// Lint checks what gofmt, vet and staticcheck do not know: the import law, which is the drawing in DESIGN.md, and the
// width of lines. It runs at the root of the repository, prints a line for each violation, and exits 1 if there is one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"sluice/test/cmd/internal/command"
)

func main() { command.Main("lint", run) }

func run(ctx context.Context, _ []string, stdout, _ io.Writer) error {
	violations, err := checkImports(ctx)
	if err != nil {
		return err
	}
	wide, err := checkWidth(ctx)
	if err != nil {
		return err
	}
	violations = append(violations, wide...)
	for _, v := range violations {
		fmt.Fprintln(stdout, v)
	}
	if len(violations) > 0 {
		return fmt.Errorf("%d violations", len(violations))
	}
	return nil
}

func checkImports(ctx context.Context) ([]string, error) {
	design, err := os.ReadFile(lawFile)
	if err != nil {
		return nil, err
	}
	law, err := parseLaw(string(design))
	if err != nil {
		return nil, err
	}
	rooms, err := listRooms(ctx)
	if err != nil {
		return nil, err
	}
	return law.check(rooms), nil
}

// checkWidth looks at the Go files that git has, or would take with "git add".
func checkWidth(ctx context.Context) (violations []string, err error) {
	names, err := output(ctx, "git", "ls-files", "-co", "--exclude-standard", "-z", "*.go")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, but not yet from git
		}
		if err != nil {
			return nil, err
		}
		violations = append(violations, wideLines(name, string(text))...)
	}
	return violations, nil
}

// output returns what a program prints. Its error quotes what the program wrote to standard error.
func output(ctx context.Context, program string, args ...string) ([]byte, error) {
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", program, args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
