package main

import (
	"strconv"
	"strings"
	"sync"
)

// acks counts the flushes that were answered FLB_OK. Chunks whose answer Fluent Bit had
// not recorded when its engine stopped are delivered again from its storage. It is safe
// for concurrent use.
type acks struct {
	mu    sync.Mutex // guards what follows
	bytes int64      // of all
	last  []int64    // bytes of the last ones
}

// With FLB_OUTPUT_SYNCHRONOUS at most two answers are in flight: the next flush begins
// before the last chunk is deleted (flb_engine.c, handle_output_event).
const maxUnacked = 2

func (a *acks) add(bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bytes += int64(bytes)
	if len(a.last) == maxUnacked {
		a.last = a.last[1:]
	}
	a.last = append(a.last, int64(bytes))
}

// unacked returns how many of the last answers Fluent Bit has not noted, by its
// own metrics of the output. Without them, or if they say something else than we
// know, as when a processor has changed what a chunk is, any may be.
func (a *acks) unacked(metrics string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	noted, ok := processedBytes(metrics)
	missing := a.bytes - noted
	for n := 0; ok && missing >= 0 && n < len(a.last); n++ {
		if missing == 0 {
			return n
		}
		missing -= a.last[len(a.last)-1-n]
	}
	return len(a.last)
}

// processedBytes reads the counter of bytes that were answered FLB_OK.
func processedBytes(metrics string) (n int64, ok bool) {
	for line := range strings.Lines(metrics) {
		if !strings.HasPrefix(line, "fluentbit_output_proc_bytes_total{") {
			continue
		}
		_, value, _ := strings.Cut(line, "} ")
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		f, err := strconv.ParseFloat(value, 64)
		return int64(f), err == nil
	}
	return 0, false
}
