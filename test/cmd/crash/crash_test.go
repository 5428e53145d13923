package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"sluice/test/testenv"
)

// TestCrash is a short run of everything. With the loader there is less to see: no objects in parts.
func TestCrash(t *testing.T) {
	trials := append(
		parseHere(t, "-n", "10", "-signal", "KILL", "-workers", "0"),
		parseHere(t, "-n", "10", "-signal", "TERM", "-workers", "4")...)
	var results []result
	for _, s := range trials {
		r, err := try(t.Context(), in(t, s))
		if err != nil {
			t.Errorf("%s, seed %d: %v", s, s.seed, err)
		}
		faults := r.faults + r.restarts // in a short run the weather may have been of one kind
		if r.done != 10 || r.recoveries == 0 || faults == 0 || r.accepted == 0 {
			t.Errorf("%s: %d signals, %d recoveries, %d faults, %d ids accepted: nothing was tested",
				s, r.done, r.recoveries, faults, r.accepted)
		}
		t.Logf("%s, seed %d", s, s.seed)
		results = append(results, r)
	}
	t.Logf("%s\n%s", trials[0].host, table(results))
}

// TestCopiesAreSeen has the plugin forget which chunks came before: the trial must notice. A kill hits the
// moment before an answer is noted by chance only, so there are several trials.
func TestCopiesAreSeen(t *testing.T) {
	s := parseHere(t, "-n", "10", "-signal", "KILL", "-workers", "0", "-set", "deduplicate=off")[0]
	if _, ok := s.host.(testenv.FluentBit); !ok {
		t.Skip("there is no Fluent Bit here, and the loader is hardly ever killed before it has noted an answer")
	}
	const trials = 8
	for range trials {
		s.seed++
		r, err := try(t.Context(), in(t, s))
		t.Logf("%s, seed %d: %v", s, s.seed, r)
		switch {
		case r.twice > 0 && err != nil && strings.Contains(err.Error(), "twice"):
			return
		case r.twice > 0 || err != nil:
			t.Fatalf("without deduplicate: %s, error %v, want one that says how many are there twice", r, err)
		}
	}
	t.Errorf("no record was there twice without deduplicate, in %d trials", trials)
}

// in has a trial keep its files in a folder of the test's.
func in(t *testing.T, s settings) settings {
	t.Helper()
	t.Chdir(t.TempDir()) // puts the working directory back, which the S3 server changes
	s.dir = filepath.Join(t.TempDir(), "crash")
	return s
}

// parseHere parses arguments with the paths of this folder, and skips the test where nothing is built.
func parseHere(t *testing.T, args ...string) []settings {
	t.Helper()
	const build = "../../../build/"
	trials, err := parse(append(args, "-plugin", build+"out_sluice.so", "-host", build+"flb-host"), io.Discard)
	if err != nil {
		t.Skip(err)
	}
	return trials
}
