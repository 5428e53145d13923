package main

/*
#include <stdlib.h>
#include "metrics.h"
*/
import "C"

import (
	"context"
	"time"
	"unsafe"

	"sluice/internal/contain"
	"sluice/output/status"
)

// metricsInterval is how often the metrics are set.
const metricsInterval = time.Second

// metrics are an output's metrics in Fluent Bit's endpoint. All series are made at once;
// afterwards only one goroutine sets them.
type metrics struct {
	series []series
	errors *C.struct_sluice_errors // the host's own counter, or nil
	name   *C.char
	stop   context.CancelFunc
	done   chan struct{}
}

// series is a metric with one set of labels.
type series struct {
	kind   C.int
	metric unsafe.Pointer
	values **C.char // of the labels, in C memory
	count  C.int    // of the labels
	// One of these reads the value.
	number    func(*status.Status) float64
	histogram func(*status.Status) *status.Histogram
}

// newMetrics makes the metrics of an instance, with what get returns, or nil if the host has
// no place for them. It must be called on a thread of the host, in Init.
func newMetrics(h hostInstance, name string, get func() status.Status) *metrics {
	if C.sluice_metrics_available(h.api, h.ins) == 0 {
		return nil
	}
	m := &metrics{name: C.CString(name), done: make(chan struct{})}
	now := get()
	for _, f := range families() {
		m.add(h, f, name, &now)
	}
	m.errors = C.sluice_errors_find(h.api, h.ins, m.name)
	m.set(&now)
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	go m.run(ctx, get)
	return m
}

// add makes a family's series. A family that the host cannot make is left out.
func (m *metrics) add(h hostInstance, f family, name string, now *status.Status) {
	cname, help := C.CString("sluice_"+f.name), C.CString(f.help)
	defer C.free(unsafe.Pointer(cname))
	defer C.free(unsafe.Pointer(help))
	keys := cStrings(append([]string{"name"}, f.labels...))
	count := C.int(1 + len(f.labels))
	defer freeStrings(keys, count)
	var bounds *C.double
	size := 0
	if f.histogram != nil {
		all := f.histogram(now).Bounds
		bounds, size = (*C.double)(unsafe.Pointer(&all[0])), len(all)
	}
	metric := C.sluice_metric_create(h.api, h.ins, f.kind, cname, help, count, keys, bounds, C.size_t(size))
	if metric == nil {
		return
	}
	for _, s := range f.expand(now) {
		m.series = append(m.series, series{
			kind: f.kind, metric: metric, values: cStrings(append([]string{name}, s.labels...)), count: count,
			number: s.number, histogram: f.histogram,
		})
	}
}

// run sets all metrics every second until ctx ends.
func (m *metrics) run(ctx context.Context, get func() status.Status) {
	defer close(m.done)
	ticker := time.NewTicker(metricsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		_ = contain.Do(func() error { // the next second tries again
			s := get()
			m.set(&s)
			return nil
		})
	}
}

func (m *metrics) set(s *status.Status) {
	for _, each := range m.series {
		if each.histogram == nil {
			C.sluice_metric_set(each.kind, each.metric, C.double(each.number(s)), each.count, each.values)
			continue
		}
		h := each.histogram(s)
		C.sluice_histogram_set(each.metric, (*C.uint64_t)(unsafe.Pointer(&cumulative(h.Buckets)[0])), C.double(h.Sum),
			C.uint64_t(h.Count), each.count, each.values)
	}
	if m.errors != nil {
		C.sluice_errors_set(m.errors, C.double(s.Failures()), m.name)
	}
}

// close sets the metrics a last time and returns when nothing sets them any more: the host
// destroys them when Exit has returned.
func (m *metrics) close(last status.Status) {
	m.stop()
	<-m.done
	m.set(&last)
	for _, s := range m.series {
		freeStrings(s.values, s.count)
	}
	if m.errors != nil {
		C.sluice_errors_free(m.errors)
	}
	C.free(unsafe.Pointer(m.name))
}

// cStrings returns texts as an array in C memory.
func cStrings(all []string) **C.char {
	first := (**C.char)(C.malloc(C.size_t(len(all)) * C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	array := unsafe.Slice(first, len(all))
	for i, text := range all {
		array[i] = C.CString(text)
	}
	return first
}

func freeStrings(first **C.char, count C.int) {
	for _, text := range unsafe.Slice(first, count) {
		C.free(unsafe.Pointer(text))
	}
	C.free(unsafe.Pointer(first))
}
