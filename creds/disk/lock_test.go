package disk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sluice/creds/disk"
)

// TestUpdateWaitsForTheLock: Update waits for a lock that another process holds, but no longer than its context.
func TestUpdateWaitsForTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token.json")
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err := errors.Join(err, os.WriteFile(path, []byte("old"), 0o600)); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	update := func(ctx context.Context) error {
		return disk.OS{}.Update(ctx, path, toNew)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := update(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another holds the lock: %v, want the deadline", err)
	}
	done := make(chan error, 1)
	go func() { done <- update(t.Context()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after the lock was released: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new" {
		t.Errorf("the file has %q, %v", got, err)
	}
}
