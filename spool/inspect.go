package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Info describes a segment's file.
type Info struct {
	ID     uint64
	State  string // active, sealed or quarantine
	Path   string
	Size   int64  // bytes of the file
	Writer string // program and version that wrote it
	Stream string
	Meta   []byte
	Opened time.Time // arrival of the first frame
	Latest time.Time // arrival of the last frame
	Frames int
	Raw    int64 // bytes of data in the frames, uncompressed
	Damage []Damage
	Reason string // of the quarantine
	Err    error  // why nothing of it can be read
}

// ErrNotSpool is the error for a folder that has nothing of a spool.
var ErrNotSpool = fmt.Errorf("is not a spool: a spool's folder has a file named %s, and segments named ID%s, ID%s "+
	"or %s/ID%s",
	lockName, extActive, extSealed, quarantineDir, extQuarantined)

// Inspect reads a segment's file, or all of a spool's folder, the quarantine last. It calls
// info for each segment, and before that frame, if it is not nil, for each whole frame;
// Data is valid during the call. It takes no lock and changes nothing: an active segment
// may end in a frame that is being written, and a segment may be gone before it is read.
// Inspect stops at the first error of info or frame.
func Inspect(path string, info func(Info) error, frame func(Info, Frame) error) error {
	files, err := segmentFiles(path)
	if err != nil {
		return fmt.Errorf("inspect spool: %w", err)
	}
	for _, i := range files {
		err := i.inspect(frame)
		if errors.Is(err, os.ErrNotExist) {
			continue // shipped meanwhile
		}
		if err == nil {
			err = info(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends the reading of a segment.
var errEnough = errors.New("enough")

// List is Inspect for callers in a hurry: of each segment it reads no more than the first
// frame, so that Frames, Latest, Raw and Damage are of that one.
func List(path string) (all []Info, err error) {
	files, err := segmentFiles(path)
	if err != nil {
		return nil, fmt.Errorf("list spool: %w", err)
	}
	for _, i := range files {
		err := i.inspect(func(Info, Frame) error { return errEnough })
		if errors.Is(err, os.ErrNotExist) {
			continue // shipped meanwhile
		}
		all = append(all, i)
	}
	return all, nil
}

// segmentFiles finds the files by their names.
func segmentFiles(path string) (found []Info, err error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.IsDir() {
		i, ok := parseName(filepath.Dir(path), filepath.Base(path))
		if !ok {
			return nil, fmt.Errorf("%s is not a segment: their names are ID%s, ID%s or ID%s",
				path, extActive, extSealed, extQuarantined)
		}
		return []Info{i}, nil
	}
	for _, folder := range []string{path, filepath.Join(path, quarantineDir)} {
		more, err := segmentsIn(folder)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	if _, err := os.Stat(filepath.Join(path, lockName)); err != nil && len(found) == 0 {
		return nil, fmt.Errorf("%s %w", path, ErrNotSpool)
	}
	return found, nil
}

// segmentsIn finds the segments of one folder, none if it does not exist.
func segmentsIn(folder string) (found []Info, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if i, ok := parseName(folder, e.Name()); ok {
			found = append(found, i)
		}
	}
	return found, nil
}

// ListQuarantine lists the segments in a spool's quarantine, with ID, path and reason only.
func ListQuarantine(path string) ([]Info, error) {
	found, err := segmentsIn(filepath.Join(path, quarantineDir))
	for i := range found {
		found[i].readReason()
	}
	return found, err
}

// readReason reads why a segment is in the quarantine, if that was recorded.
func (i *Info) readReason() {
	if reason, err := os.ReadFile(i.Path + extReason); err == nil {
		i.Reason = strings.TrimSpace(string(reason))
	}
}

// Folders returns the folders of spools at path: itself, or those in it.
func Folders(path string) (found []string, err error) {
	for _, pattern := range []string{lockName, filepath.Join("*", lockName)} {
		locks, err := filepath.Glob(filepath.Join(path, pattern))
		if err != nil {
			return nil, err
		}
		for _, lock := range locks {
			found = append(found, filepath.Dir(lock))
		}
	}
	return found, nil
}

// states of a segment by the extension of its file.
var states = map[string]string{extActive: "active", extSealed: "sealed", extQuarantined: "quarantine"}

// parseName returns what a file's name says, and whether it is a segment's.
func parseName(folder, name string) (i Info, ok bool) {
	ext := filepath.Ext(name)
	id, err := strconv.ParseUint(strings.TrimSuffix(name, ext), 16, 64)
	i = Info{ID: id, State: states[ext], Path: filepath.Join(folder, name)}
	return i, err == nil && i.State != ""
}

// inspect reads the file. It records what is wrong with the file; an error is the
// callback's, or means that the file is gone.
func (i *Info) inspect(frame func(Info, Frame) error) error {
	file, err := os.Open(i.Path)
	if errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err != nil {
		i.Err = err
		return nil
	}
	defer file.Close()
	i.readReason()
	stat, err := file.Stat()
	if err != nil {
		i.Err = err
		return nil
	}
	i.Size = stat.Size()
	h, start, damage, err := readHeader(file, i.Size)
	if err != nil {
		i.Err = err
		return nil
	}
	i.Writer, i.Stream, i.Meta = h.writer, h.stream, h.meta
	if damage != nil {
		i.Damage = append(i.Damage, Damage{From: 0, To: start, Reason: damage})
	}
	end := i.Size
	if _, whole, err := readTrailer(file, end); err == nil && whole {
		end -= int64(trailerSize)
	}
	r := newFrameReader(file, start, end)
	defer r.release()
	// What cannot be read of the file says nothing, and all frames count.
	known, err := openCommits(OS{}, filepath.Join(filepath.Dir(i.Path), commitsName))
	if err != nil {
		known = &commits{}
	}
	return i.read(r, known, frame)
}

func (i *Info) read(r *frameReader, known *commits, frame func(Info, Frame) error) error {
	for {
		f, err := r.next()
		if err == io.EOF || err == nil && !known.has(f) { // what is behind is not whole yet, or never was
			i.Damage = append(i.Damage, r.damage...)
			return nil
		}
		if err != nil {
			i.Err = err
			return nil
		}
		if i.Frames == 0 {
			i.Opened = f.Time
		}
		i.Frames++
		i.Latest, i.Raw = f.Time, i.Raw+int64(len(f.Data))
		if frame == nil {
			continue
		}
		if err := frame(*i, f); err != nil {
			return err
		}
	}
}
