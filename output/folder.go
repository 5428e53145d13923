package output

import (
	"path/filepath"
	"time"

	"sluice/output/status"
	"sluice/spool"
)

// FolderStatus returns the status of an output's folder that no process has open, as far as
// it can be seen from outside.
func FolderStatus(dir string, now time.Time) (status.Status, error) {
	segments, err := spool.List(dir)
	if err != nil {
		return status.Status{}, err
	}
	s := status.Status{Output: filepath.Base(dir), Dir: dir, OK: true}
	var oldest time.Time
	for _, each := range segments {
		if bucket, _, err := Destination(each.Meta); err == nil {
			s.Bucket = bucket
		}
		if each.State == "quarantine" {
			s.QuarantineBytes += each.Size
			continue
		}
		s.Segments, s.SpoolBytes = s.Segments+1, s.SpoolBytes+each.Size
		if !each.Opened.IsZero() && (oldest.IsZero() || each.Opened.Before(oldest)) {
			oldest = each.Opened
		}
	}
	if !oldest.IsZero() {
		s.OldestUnsent = status.SecondsOf(now.Sub(oldest))
	}
	if s.Segments > 0 {
		s.OK, s.LastError = false, status.ErrNotRunning.Error()
		s.Remedy = "start Fluent Bit, or run sluice spool push " + dir
	}
	return s, nil
}
