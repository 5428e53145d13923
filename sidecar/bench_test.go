package sidecar

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/sts"
	"sluice/sidecar/config"
)

// newLoaded makes a server of many services that writes its audit and drops it.
func newLoaded(b *testing.B, services int) (*Server, *fakeSTS) {
	b.Helper()
	text := &strings.Builder{}
	fmt.Fprintln(text, "server: {rate_limit: 1000000}\nservices:")
	for i := range services {
		fmt.Fprintf(text, "  s%d: {auth_token: %s-%06[1]d, "+
			"assumed_role: {RoleArn: 'arn:aws:iam::123456789012:role/r%[1]d'}}\n", i, tokenOne)
	}
	c, err := config.Parse(context.Background(), "c.yaml", []byte(text.String()), machine(nil))
	if err != nil {
		b.Fatal(err)
	}
	sts := &fakeSTS{now: time.Now, life: time.Hour}
	s, err := New(context.Background(), Options{
		Config:      c,
		Environment: machine(nil),
		Sources:     fakeSources{sts},
		Log:         slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.registry.close)
	return s, sts
}

// BenchmarkHandler is what a warm request costs without the network.
func BenchmarkHandler(b *testing.B) {
	s, _ := newLoaded(b, 1000)
	h := s.Handler(s.opts.Config.Server.Listeners[0])
	r := request("GET /v1/credentials", "Authorization: "+tokenOne+"-000500")
	h.ServeHTTP(&body{header: http.Header{}}, r)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&body{header: http.Header{}}, r)
	}
}

// BenchmarkLoopback is warm requests over TCP by eight clients, who share the CPU
// with the server: run it with -cpu 1 for one core.
func BenchmarkLoopback(b *testing.B) {
	s, _ := newLoaded(b, 1000)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := s.httpServer(s.Handler(s.opts.Config.Server.Listeners[0]))
	go server.Serve(l)
	defer server.Close()
	const clients = 8
	took := make([][]time.Duration, clients)
	each := b.N/clients + 1
	var all sync.WaitGroup
	b.ResetTimer()
	for i := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			for range each {
				began := time.Now()
				url := "http://" + l.Addr().String() + "/v1/credentials"
				r, _ := http.NewRequest(http.MethodGet, url, nil) // the URL is valid
				r.Header.Set("Authorization", fmt.Sprintf("%s-%06d", tokenOne, i))
				resp, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	sorted := slices.Concat(took...)
	slices.Sort(sorted)
	b.ReportMetric(float64(len(sorted))/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkThousandServices is the memory of a thousand services with their keys.
func BenchmarkThousandServices(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, _ := newLoaded(b, 1000)
		s.prefetch()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1000, "B/service")
		runtime.KeepAlive(s)
	}
}

// BenchmarkCold is two thousand requests at once that find no key, here and in
// CredProxy's design: a map under a lock, and an AssumeRole for each miss.
func BenchmarkCold(b *testing.B) {
	const requests = 2000
	answers := func(b *testing.B, ask func() error) {
		var all sync.WaitGroup
		for range requests {
			all.Go(func() {
				if err := ask(); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	slow := func(sts *fakeSTS) *fakeSTS { // as STS is over the network
		hold := sts.holdBack()
		time.AfterFunc(300*time.Millisecond, func() { close(hold) })
		return sts
	}
	b.Run("sluice", func(b *testing.B) {
		calls := int64(0)
		for b.Loop() {
			s, sts := newLoaded(b, 1)
			slow(sts)
			answers(b, func() error {
				_, err := s.registry.named("s0").entry.cache.Retrieve(context.Background())
				return err
			})
			calls = sts.calls.Load()
		}
		b.ReportMetric(float64(calls), "AssumeRole-calls")
	})
	b.Run("one-per-miss", func(b *testing.B) {
		calls := int64(0)
		for b.Loop() {
			client := slow(&fakeSTS{now: time.Now, life: time.Hour})
			base, _ := fakeSources{}.Provider(config.Source{}) // never fails
			role := sts.AssumeRole{
				STS:     creds.Service{Region: "us-east-1", HTTP: client},
				Base:    base,
				RoleARN: "arn:aws:iam::123456789012:role/r",
			}
			var mu sync.Mutex
			cache := map[string]creds.Credentials{}
			answers(b, func() error {
				mu.Lock()
				found, has := cache["s0"]
				mu.Unlock()
				if has && !found.Expired(time.Now()) {
					return nil
				}
				found, err := role.Retrieve(context.Background())
				mu.Lock()
				cache["s0"] = found
				mu.Unlock()
				return err
			})
			calls = client.calls.Load()
		}
		b.ReportMetric(float64(calls), "AssumeRole-calls")
	})
}
