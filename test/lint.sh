#!/usr/bin/env bash
# "make lint": gofmt, go vet, errorlint, bodyclose and staticcheck over all modules, the import law of DESIGN.md, the
# width of lines, and known vulnerabilities. Needs the modules that test/go.mod names, and nothing from the network but
# the database of vulnerabilities; without it that check is skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/build/lint
mkdir -p "$tools"
status=0

# check NAME COMMAND… runs a check, and notes that it failed.
check() {
	local name=$1
	shift
	"$@" || {
		printf '== %s failed\n' "$name"
		status=1
	}
}

formatted() {
	local files
	files=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
	[ -z "$files" ] || { printf 'gofmt would change:\n%s\n' "$files"; return 1; }
}

# vulnerable runs govulncheck over the root module, which is what is shipped. It asks for one entry first: whether the
# database can be reached is known in no time then.
vulnerable() {
	local database=(${VULNDB:+-db "$VULNDB"})
	if ! timeout 20 "$tools/govulncheck" "${database[@]}" -mode query -format json stdlib@v1.26.0 >/dev/null 2>&1; then
		echo "lint: skipped govulncheck, its database cannot be reached (VULNDB names another one)"
		return 0
	fi
	"$tools/govulncheck" "${database[@]}" ./...
}

(cd test && go build -o "$tools" ./cmd/lint ./cmd/analyzers \
	honnef.co/go/tools/cmd/staticcheck golang.org/x/vuln/cmd/govulncheck) || exit 1
check gofmt formatted
check "import law and width" "$tools/lint"
for module in . packaging test test/deploy; do
	cd "$module" || exit 1
	check "go vet in $module" go vet ./...
	check "errorlint and bodyclose in $module" go vet -vettool="$tools/analyzers" -errorlint.errorf ./...
	check "staticcheck in $module" "$tools/staticcheck" ./...
	cd - >/dev/null || exit 1
done
check govulncheck vulnerable
[ "$status" = 0 ] && echo "lint: clean"
exit "$status"
