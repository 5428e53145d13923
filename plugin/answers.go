package main

import (
	"strconv"
	"strings"
	"sync"
)

// answers are the flushes that were answered FLB_OK. Those that Fluent Bit has not
// noted before its engine stopped come again from its storage. It is safe for
// concurrent use.
type answers struct {
	mu    sync.Mutex // guards what follows
	bytes int64      // of all
	last  []int64    // bytes of the last ones
}

// With FLB_OUTPUT_SYNCHRONOUS two answers can be on their way: the next flush begins
// before the last chunk is deleted (flb_engine.c, handle_output_event).
const maxUnnoted = 2

func (a *answers) add(bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bytes += int64(bytes)
	if len(a.last) == maxUnnoted {
		a.last = a.last[1:]
	}
	a.last = append(a.last, int64(bytes))
}

// unnoted returns how many of the last answers Fluent Bit has not noted, by its
// own metrics of the output. Without them, or if they say something else than we
// know, as when a processor has changed what a chunk is, any may be.
func (a *answers) unnoted(metrics string) int {
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
