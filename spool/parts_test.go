package spool_test

import (
	"os"
	"path/filepath"
	"testing"

	"sluice/spool"
)

// parts of a chunk for two streams.
func parts() []spool.Part {
	meta := func() ([]byte, error) { return []byte("{}"), nil }
	return []spool.Part{
		{Stream: "a", Data: [][]byte{[]byte("on"), []byte("e")}, Meta: meta},
		{Stream: "b", Data: [][]byte{[]byte("two")}, Meta: meta},
	}
}

// TestLostCommits: without the file that says which chunks are whole, all of them count.
func TestLostCommits(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"deleted": os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("nothing"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, found := t.TempDir(), 0
			open := func() *spool.Spool {
				s, err := spool.Open(spool.Options{Dir: dir, Sealed: func(g *spool.Segment) {
					if _, err := g.Frames(func(spool.Frame) error { found++; return nil }); err != nil {
						t.Error(err)
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			s := open()
			for range 3 {
				if _, err := s.AppendParts("base", spool.Chunk{Tag: "t", Data: []byte("onetwo")}, parts()); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(0); err != nil { // the segments have frames and trailers
				t.Fatal(err)
			}
			cutTrailers(t, dir)
			if err := spoil(filepath.Join(dir, "committed")); err != nil {
				t.Fatal(err)
			}
			found = 0
			s = open()
			if found != 6 {
				t.Errorf("%d frames are left of 6", found)
			}
			if _, err := s.AppendParts("base", spool.Chunk{Tag: "t", Data: []byte("onetwo")}, parts()); err != nil {
				t.Errorf("the next chunk: %v", err)
			}
			if err := s.Close(0); err != nil {
				t.Error(err)
			}
		})
	}
}

// cutTrailers makes the next start read all frames.
func cutTrailers(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.sealed"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil {
			err = os.Truncate(name, info.Size()-28)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestUncommittedParts: parts of a chunk that is not whole are not shown, and the next start cuts them off.
func TestUncommittedParts(t *testing.T) {
	dir, after := t.TempDir(), t.TempDir()
	s, err := spool.Open(spool.Options{Dir: dir, Sealed: func(*spool.Segment) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(0)
	for n := range 2 {
		if _, err := s.AppendParts("base", spool.Chunk{Tag: "t", Data: []byte{byte(n)}}, parts()); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			copyFiles(t, filepath.Join(dir, "committed"), after)
		}
	}
	copyFiles(t, filepath.Join(dir, "*.active"), after)

	frames := 0
	count := func(i spool.Info) error { frames += i.Frames; return i.Err }
	if err := spool.Inspect(after, count, nil); err != nil || frames != 2 {
		t.Errorf("before the start there are %d frames, %v", frames, err)
	}
	frames = 0
	recovered := 0
	next, err := spool.Open(spool.Options{Dir: after, Sealed: func(*spool.Segment) { recovered++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close(0)
	if err := spool.Inspect(after, count, nil); err != nil || frames != 2 || recovered != 2 {
		t.Errorf("%d frames in %d segments, %v", frames, recovered, err)
	}
}

// copyFiles copies what a pattern matches into a folder.
func copyFiles(t *testing.T, pattern, to string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(name)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
