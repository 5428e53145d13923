package creds_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/creds"
)

// aKey provides one key that is valid for a day.
type aKey struct{ creds creds.Credentials }

func newKey() aKey {
	return aKey{creds.Credentials{
		AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		SessionToken:    "token",
		Expires:         time.Now().Add(24 * time.Hour),
		Source:          "test",
	}}
}

func (k aKey) Retrieve(context.Context) (creds.Credentials, error) { return k.creds, nil }

func TestRetrieveAllocatesNothing(t *testing.T) {
	cache := creds.NewCache(creds.CacheOptions{Provider: newKey()})
	defer cache.Close()
	ctx := t.Context()
	if _, err := cache.Retrieve(ctx); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() { cache.Retrieve(ctx) }); n != 0 {
		t.Errorf("a cached Retrieve allocates %v times, want none", n)
	}
}

// BenchmarkRetrieve compares a cached Retrieve with the AWS SDK's, from 1 and from 8 goroutines.
func BenchmarkRetrieve(b *testing.B) {
	key := newKey()
	ours := creds.NewCache(creds.CacheOptions{Provider: key})
	defer ours.Close()
	sdk := aws.NewCredentialsCache(creds.AWS(key))
	for _, goroutines := range []int{1, 8} {
		b.Run(fmt.Sprintf("sluice/%d", goroutines), func(b *testing.B) {
			share(b, goroutines, func(ctx context.Context) { ours.Retrieve(ctx) })
		})
		b.Run(fmt.Sprintf("sdk/%d", goroutines), func(b *testing.B) {
			share(b, goroutines, func(ctx context.Context) { sdk.Retrieve(ctx) })
		})
	}
}

// share divides the benchmark's calls among goroutines.
func share(b *testing.B, goroutines int, call func(context.Context)) {
	b.ReportAllocs()
	ctx := b.Context()
	call(ctx)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range b.N / goroutines {
				call(ctx)
			}
		})
	}
	wg.Wait()
}
