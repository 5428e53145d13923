package main

import "slices"

// median is the middle of some values, the mean of the two in the middle if their number is even.
func median[T ~int | ~int64](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	return low + (high-low)/2
}

// of are the values that a figure has in all samples, of which there is at least one.
func of[T any](samples []sample, figure func(*sample) *T) (values []T) {
	for _, s := range samples {
		values = append(values, *figure(&s))
	}
	return values
}

// typical has the median of each figure; of records that are not where they belong, the most.
func typical(samples []sample) (s sample) {
	for _, figure := range []func(*sample) *int64{
		func(s *sample) *int64 { return (*int64)(&s.cpu) },
		func(s *sample) *int64 { return (*int64)(&s.wall) },
		func(s *sample) *int64 { return &s.peak },
		func(s *sample) *int64 { return &s.Stored },
	} {
		*figure(&s) = median(of(samples, figure))
	}
	for _, figure := range []func(*sample) *int{
		func(s *sample) *int { return &s.Objects },
		func(s *sample) *int { return &s.Requests },
	} {
		*figure(&s) = median(of(samples, figure))
	}
	for _, figure := range []func(*sample) *int{
		func(s *sample) *int { return &s.Missing },
		func(s *sample) *int { return &s.Twice },
	} {
		*figure(&s) = slices.Max(of(samples, figure))
	}
	return s
}
