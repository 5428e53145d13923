#!/usr/bin/env bash
# "make fuzz": each fuzz target of both modules for the given time (default 1m). An input that fails is written to the
# package's testdata/fuzz, where every later "go test" runs it: commit it with the fix. Inputs that only reach new code
# are kept in $(go env GOCACHE)/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-1m}
for module in . test; do
	cd "$module"
	git grep -lE '^func Fuzz' -- '*_test.go' | grep -v '^test/' | while read -r file; do
		for target in $(grep -oE '^func Fuzz[A-Za-z0-9]+' "$file" | cut -d' ' -f2); do
			echo "== $target in $module/$(dirname "$file")"
			go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")" </dev/null
		done
	done
	cd - >/dev/null
done
