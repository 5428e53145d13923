#!/usr/bin/env bash
# "make test": everything that this machine can run. Each suite's full output is
# kept in build/test-logs; what was skipped is named at the end, with the reason.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=build/test-logs
mkdir -p "$logs"
rm -f "$logs"/*.log
failed=() # suites

# wanted NAME reports whether a suite is to run: SKIP names those that are not.
wanted() {
	[[ " ${SKIP:-} " != *" $1 "* ]] || { printf '\n== %s: left out (SKIP)\n' "$1" && false; }
}

# suite NAME DIR COMMAND… runs a command and keeps its output.
suite() {
	local name=$1 dir=$2 started=$SECONDS
	shift 2
	wanted "$name" || return 0
	printf '\n== %s: %s\n' "$name" "$*"
	if (cd "$dir" && "$@") >"$logs/$name.log" 2>&1; then
		grep -E '^(ok|FAIL)[[:space:]]' "$logs/$name.log" || tail -n 3 "$logs/$name.log"
	else
		failed+=("$name")
		grep -E '^(ok|FAIL)[[:space:]]' "$logs/$name.log"
		printf '== %s FAILED\n' "$name"
	fi
	printf '== %s took %d s\n' "$name" $((SECONDS - started))
}

fluent_bit=${FLUENT_BIT:-} fluent_bit=${fluent_bit%%:*} # the first of several

# real NAME DIR COMMAND… runs a suite that is about the real Fluent Bit alone.
real() {
	if command -v "${fluent_bit:-fluent-bit}" >/dev/null; then
		suite "$@"
	else
		printf '\n== %s: left out, since there is no Fluent Bit\n' "$1"
	fi
}

# background NAME DIR COMMAND… begins a suite that ends with collect NAME.
background() {
	local name=$1 dir=$2
	shift 2
	wanted "$name" || return 0
	printf '\n== %s, in the background: %s\n' "$name" "$*"
	(cd "$dir" && "$@") >"$logs/$name.log" 2>&1 &
	declare -g "pid_$name=$!"
}

# collect NAME waits for a suite in the background, and keeps its result.
collect() {
	local name=$1 pid=pid_$1
	[ -n "${!pid:-}" ] || return 0
	if wait "${!pid}"; then
		printf '\n== %s, in the background: ' "$name"
		tail -n 1 "$logs/$name.log"
	else
		failed+=("$name")
		printf '\n== %s FAILED\n' "$name"
	fi
}

# skipped prints the skipped tests of all suites with their reasons.
skipped() {
	awk '/^ +[a-z_0-9]+\.go:[0-9]+: / { reason = $0; sub(/^ +[^ ]+ /, "", reason) }
	     /^ *--- SKIP: / { printf "  %s: %s\n", $3, reason; n++ }
	     END { if (!n) print "  nothing" }' "$logs"/*.log
}

# failures prints what the failed tests of a suite have said, or the end of its
# log if none says that it failed.
failures() {
	awk '/^=== (RUN|NAME|CONT|PAUSE) / { name = $3; next }
	     /^ *--- FAIL: / { print said[$3] $0; n++; next }
	     /^(panic:|fatal error:|WARNING: DATA RACE)/ { rest = 200 }
	     rest > 0 { print; rest--; n++; next }
	     { said[name] = said[name] $0 "\n" }
	     END { exit !n }' "$1" || tail -n 60 "$1"
}

# leaked prints the lines of all suites that show a secret which the tests use:
# what a source of credentials held must not come out anywhere. The commands'
# scripts may: their own lines, and what "creds process" is there to print.
leaked() {
	grep -HnE 'PLANTED7secret|EXAMPLETOKEN|[wW][jJ]alrXUtnFEMI' "$logs"/*.log |
		grep -vE '/integration\.log:[0-9]+: *(>|\{"Version":1)'
}

# Vet is part of lint: the suites need not do it once more.
suite units . go test -vet=off -race -v ./...
suite packaging packaging go test -v ./...
# These compute while the next suites wait.
background lint . test/lint.sh
background deploy test/deploy go test -count=1 -v . # Helm takes long to compile
background docker test go test -vet=off -race -count=1 -timeout 30m -v ./docker # makes images most of the time
# Together, since most of them wait most of the time: one takes more than a minute.
suite integration test go test -vet=off -race -count=1 -timeout 15m -v ./credentials ./faultfs ./host ./pipeline ./plugin ./commands ./sidecar ./testenv ./wire ./benchmarks ./cmd/bench/... ./cmd/flush ./cmd/idle ./cmd/lint
# Without the race detector, which takes a minute for it, and has a heap of its own.
suite soak test go test -vet=off -count=1 -v ./soak
real differential test go test -vet=off -race -count=1 -timeout 10m -v ./differential
real e2e test go test -vet=off -race -count=1 -timeout 20m -v ./e2e ./grafana
suite crash test go test -vet=off -race -count=1 -timeout 20m -v ./cmd/crash
real duckdb test/duckdb go test -vet=off -count=1 -timeout 15m -v .
real make_dist . make dist ARCHS="$(go env GOARCH)" DARWIN= # the next suite installs it
suite dist test go test -vet=off -count=1 -timeout 15m -v ./dist
collect docker
collect lint
collect deploy

printf '\nSecrets in what the tests printed:\n'
if leaked; then
	failed+=(secrets)
else
	echo '  none'
fi
printf '\nSkipped on this machine:\n'
skipped
if ((${#failed[@]})); then
	for name in "${failed[@]}"; do
		printf '\n== what failed in %s:\n' "$name"
		[ ! -f "$logs/$name.log" ] || failures "$logs/$name.log" | tail -n 200
	done
	printf '\nmake test: FAILED (%s); see %s\n' "${failed[*]}" "$logs"
	exit 1
fi
printf '\nmake test: passed\n'
