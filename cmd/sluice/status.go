package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice/output"
	"sluice/output/status"
	"sluice/spool"
)

// statusQuestion is what "sluice status" was asked.
type statusQuestion struct {
	world
	paths []string // of spools; none for all on this machine
	watch bool
	json  bool
}

func newStatus(w world) *cobra.Command {
	q := statusQuestion{world: w}
	cmd := &cobra.Command{
		Use:   "status [DIR…]",
		Short: "Show what the outputs on this machine are doing, and what is wrong",
		Long: `Ask running outputs what waits and how old it is, what is being uploaded, what is wrong
and what to do about it, and when their credentials expire. DIR is a store_dir, or an
output's folder in it; without one, all outputs are shown that run on this machine. Of
an output that does not run, its folder is shown.

Run it as Fluent Bit's user or as root. The exit code is 1 if anything is wrong.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.paths = args
			return failed(q.run(cmd.Context()))
		},
	}
	cmd.Flags().BoolVar(&q.watch, "watch", false, "show it again every second")
	cmd.Flags().BoolVar(&q.json, "json", false, "print JSON, one output a line")
	return cmd
}

// watchInterval is how often --watch asks.
const watchInterval = time.Second

func (q statusQuestion) run(ctx context.Context) error {
	if !q.watch {
		return q.once(ctx, q.stdout)
	}
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		var page bytes.Buffer
		if isTerminal(q.stdout) && !q.json {
			page.WriteString("\x1b[H\x1b[J") // home, and clear what is below
		}
		if err := q.once(ctx, &page); err != nil && page.Len() == 0 {
			return err
		}
		if _, err := q.stdout.Write(page.Bytes()); err != nil {
			return fmt.Errorf("write status: %w", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// once asks all outputs. Its error says what is wrong.
func (q statusQuestion) once(ctx context.Context, out io.Writer) error {
	folders, err := q.folders()
	if err != nil {
		return err
	}
	wrong := 0
	for _, folder := range folders {
		s, err := askFolder(ctx, folder)
		if err != nil {
			return err
		}
		if !s.OK {
			wrong++
		}
		if q.json {
			err = json.NewEncoder(out).Encode(s)
		} else {
			err = writeStatus(out, s, time.Now())
		}
		if err != nil {
			return fmt.Errorf("write status: %w", err)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("something is wrong with %d of %d outputs", wrong, len(folders))
	}
	return nil
}

// askTimeout is how long an output may take to answer.
const askTimeout = 5 * time.Second

// askFolder asks the process that has a folder open, or looks at the folder.
func askFolder(ctx context.Context, folder string) (status.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	s, err := status.Ask(ctx, folder)
	switch {
	case errors.Is(err, status.ErrNotRunning):
		return output.FolderStatus(folder, time.Now())
	case errors.Is(err, os.ErrPermission):
		return s, fmt.Errorf("run it as Fluent Bit's user or as root: %w", err)
	}
	return s, err
}

// folders returns the folders to ask about.
func (q statusQuestion) folders() (all []string, err error) {
	for _, path := range q.paths {
		found, err := spool.Folders(path)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s %w", path, spool.ErrNotSpool)
		}
		all = append(all, found...)
	}
	if len(q.paths) == 0 {
		all = runningFolders()
		if len(all) == 0 {
			return nil, errors.New("no output runs on this machine: name a store_dir to see what is in it")
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// runningFolders returns the folders whose sockets processes listen at (proc_net(5)).
func runningFolders() (all []string) {
	table, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return nil // no Linux
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 8)
		path := fields[len(fields)-1]
		path = strings.TrimLeft(path, " 0123456789") // inode
		if filepath.IsAbs(path) && filepath.Base(path) == status.SocketName {
			all = append(all, filepath.Dir(path))
		}
	}
	return all
}
