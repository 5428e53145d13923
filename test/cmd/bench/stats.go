package main

import (
	"cmp"
	"slices"
	"time"
)

// median is the middle of some values, the mean of the two in the middle if their number is even.
func median[T int | int64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	high := sorted[len(sorted)/2]
	low := sorted[(len(sorted)-1)/2]
	return low + (high-low)/2
}

// of is the median of one figure of all samples.
func of[T int | int64 | time.Duration](samples []sample, figure func(sample) T) T {
	values := make([]T, 0, len(samples))
	for _, s := range samples {
		values = append(values, figure(s))
	}
	return median(values)
}

// typical has the median of each figure.
func typical(samples []sample) (s sample) {
	s.cpu = of(samples, func(s sample) time.Duration { return s.cpu })
	s.wall = of(samples, func(s sample) time.Duration { return s.wall })
	s.peak = of(samples, func(s sample) int64 { return s.peak })
	s.Stored = of(samples, func(s sample) int64 { return s.Stored })
	s.Objects = of(samples, func(s sample) int { return s.Objects })
	s.Requests = of(samples, func(s sample) int { return s.Requests })
	s.Records = of(samples, func(s sample) int { return s.Records })
	return s
}

// worst is the highest of one figure of all samples.
func worst[T cmp.Ordered](samples []sample, figure func(sample) T) (most T) {
	for _, s := range samples {
		most = max(most, figure(s))
	}
	return most
}
