#!/usr/bin/env bash
# "make bench-go": run the Go benchmarks of the pieces COUNT times and sum them up;
# with a revision BASE, by turns with its, and compared with them.
#
#	test/bench.sh COUNT [BASE]
set -euo pipefail
cd "$(dirname "$0")/.."
count=$1 base=${2:-}

results=$PWD/build/bench
rm -rf "$results"
mkdir -p "$results"
(cd test && go build -o "$results/benchstat" golang.org/x/perf/cmd/benchstat)

# bench DIR NAME adds a result of each benchmark.
bench() {
	(cd "$1" && go test -run '^$' -bench . -benchmem ./output/... ./spool/...) >>"$results/$2"
	[ ! -d "$1/test/benchmarks" ] || (cd "$1/test" && go test -run '^$' -bench . -benchmem ./benchmarks) >>"$results/$2"
}

names=(now)
if [ -n "$base" ]; then
	mkdir "$results/tree"
	git archive "$base" | tar -x -C "$results/tree"
	names=(base now)
fi
for ((i = 0; i < count; i++)); do
	[ -z "$base" ] || bench "$results/tree" base
	bench . now
done
cd "$results"
./benchstat "${names[@]}"
