#!/usr/bin/env bash
# "make fuzz": each fuzz target of the module for the given time (default 1m).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-1m}
git grep -lE '^func Fuzz' -- '*_test.go' ':!test' | while read -r file; do
	for target in $(grep -oE '^func Fuzz[A-Za-z0-9]+' "$file" | cut -d' ' -f2); do
		echo "== $target in $(dirname "$file")"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")"
	done
done
