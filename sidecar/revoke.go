package sidecar

import "context"

// revokeMissing revokes at once the services of files that are gone, even while a
// reload hangs. It also reads new files, since one of them may be the new name of a
// file that is gone. It leaves known files alone: one may just be being written.
func (f *files) revokeMissing(ctx context.Context) {
	f.mu.Lock()
	s := f.newScan(ctx)
	f.mu.Unlock()
	paths, kept, _ := s.list() // the next reload reports what cannot be listed
	var added []string
	for _, path := range paths {
		kept[path] = true
		if s.dynamic[path] == nil {
			added = append(added, path)
		}
	}
	var gone []string
	for path := range s.dynamic {
		if !kept[path] {
			gone = append(gone, path)
		}
	}
	if len(gone) == 0 {
		return
	}
	results := s.readAll(added)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range gone {
		f.revise(path, nil)
	}
	for _, each := range results {
		if each.next != nil {
			f.revise(each.path, each.next)
		}
	}
	f.apply()
}

// revise replaces what is known of a file, nil to remove it, also for a reload
// under way. It is called with mu held.
func (f *files) revise(path string, next *file) {
	if f.revised != nil {
		f.revised[path] = next
	}
	if next == nil {
		delete(f.dynamic, path)
	} else {
		f.dynamic[path] = next
	}
}
