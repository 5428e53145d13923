package s3_test

import (
	"context"
	"errors"
	"testing"

	"sluice/output/s3"
)

// TestWriteAfterTheEnd: an object that only gathers sends nothing for a long time,
// so that Write itself has to notice a stop.
func TestWriteAfterTheEnd(t *testing.T) {
	store, err := s3.New(s3.Options{Region: "us-east-1", Whole: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithCancel(t.Context())
	obj := store.Object(ctx, s3.Target{Bucket: "b", Key: "k"})
	if _, err := obj.Write([]byte("before")); err != nil {
		t.Errorf("Write before the end = %v", err)
	}
	cancel()
	if _, err := obj.Write([]byte("after")); !errors.Is(err, context.Canceled) || obj.Size() != int64(len("before")) {
		t.Errorf("Write after the end = %v, with %d bytes taken", err, obj.Size())
	}
}
