package main

import (
	"testing"
	"time"

	"sluice/test/testenv"
)

func TestSince(t *testing.T) {
	before := usage{5 * time.Second, map[int]testenv.Thread{
		1: {Name: "stays", CPU: time.Second, Runs: 10}, 2: {Name: "ends", CPU: 4 * time.Second, Runs: 1},
		4: {Name: "sleeps", CPU: time.Second, Runs: 7},
	}}
	after := usage{9 * time.Second, map[int]testenv.Thread{
		1: {Name: "stays", CPU: 3 * time.Second, Runs: 15}, 3: {Name: "is new", CPU: time.Second, Runs: 2},
		4: {Name: "sleeps", CPU: time.Second, Runs: 7},
	}}
	got := after.since(before)
	if got.cpu != 4*time.Second || got.runs() != 7 || len(got.threads) != 3 {
		t.Errorf("used %v with %d runs of %d threads, want 4s, 7 and 3", got.cpu, got.runs(), len(got.threads))
	}
	busiest := got.busiest()
	if len(busiest) != 2 || busiest[0] != (testenv.Thread{Name: "stays", CPU: 2 * time.Second, Runs: 5}) ||
		busiest[1].Name != "is new" {
		t.Errorf("the busiest threads are %+v", busiest)
	}
}
