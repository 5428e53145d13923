package main

import (
	"context"
	"fmt"
	"path/filepath"

	"sluice/test/testenv"
)

// loader is test/host, which reads lines from files and goes on where it was killed. It has the small
// objects only, since its chunks are all of one size.
type loader struct {
	settings
	program  string
	endpoint string // of S3
	lines    []*stream
}

// loaderRate is how many lines it may read in a second while it is killed.
const loaderRate = 2000

func newLoader(s settings, program, endpoint string) *loader {
	l := &loader{settings: s, program: program, endpoint: endpoint}
	total := int(float64(s.kills+1) * loaderRate * longestLife.Seconds()) // more than it can read
	for _, stream := range newStreams() {
		if stream.noise == 0 {
			stream.Count = total / smallTags
			l.lines = append(l.lines, stream)
		}
	}
	return l
}

func (l *loader) streams() []*stream { return l.lines }
func (l *loader) end()               {}

func (l *loader) begin() error {
	for _, s := range l.lines {
		if _, err := s.WriteFile(l.dir); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) start() (*testenv.Process, error) {
	return l.run("--rate", fmt.Sprint(loaderRate))
}

func (l *loader) run(more ...string) (*testenv.Process, error) {
	args := append([]string{"-e", l.plugin, "--storage", l.chunks(), "--grace", "2", "-o", "sluice"}, more...)
	for _, p := range l.small(l.endpoint) {
		args = append(args, "-p", p.Name+"="+p.Value)
	}
	for _, s := range l.lines {
		args = append(args, "--lines", s.Tag+"="+s.File(l.dir))
	}
	return l.command(l.program, args...)
}

// settle runs it until the plugin's spool is empty, too; it ends by itself.
func (l *loader) settle(ctx context.Context) error {
	const starts = 20
	for range starts {
		p, err := l.run()
		if err != nil {
			return err
		}
		if err := await(ctx, p, "its work"); err != nil {
			return err
		}
		if err := p.Wait(); err != nil {
			return fmt.Errorf("the loader's end: %w", err)
		}
		if l.empty(filepath.Join(l.chunks(), "*.flb")) {
			return nil
		}
	}
	return nil // the count shows what is missing
}
