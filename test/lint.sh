#!/usr/bin/env bash
# "make lint": gofmt, go vet and staticcheck over both modules.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0

unformatted=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'gofmt would change:\n%s\n' "$unformatted"
	status=1
fi
staticcheck=$PWD/build/staticcheck
mkdir -p build
(cd test && go build -o "$staticcheck" honnef.co/go/tools/cmd/staticcheck) || status=1
for module in . test; do
	(cd "$module" && go vet ./... && "$staticcheck" ./...) || status=1
done
[ "$status" = 0 ] && echo "lint: clean"
exit "$status"
