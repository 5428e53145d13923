#!/usr/bin/env bash
# "make reproducible": builds what "make dist" makes of the last commit twice, in folders, with build caches, umasks and time
# zones of their own, and compares the bytes.
#
#	test/reproducible.sh [MAKE VARIABLE…]
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# release FOLDER UMASK ZONE [VARIABLE…] makes it in a clone.
release() {
	local tree=$work/$1/sluice
	git clone --quiet --no-local . "$tree"
	(umask "$2" && GOCACHE=$work/$1/cache TZ=$3 make -C "$tree" dist "${@:4}") >"$work/log" 2>&1 ||
		{ tail -n 50 "$work/log" && return 1; }
	[ -z "$(git -C "$tree" status --porcelain)" ] || { git -C "$tree" status && return 1; }
	rm -rf "$work/$1/cache"
}

release one 022 UTC "$@"
release a/longer/way 077 Asia/Tokyo "$@"
(cd "$work/one/sluice/dist" && sha256sum -- *)
diff -r "$work/one/sluice/dist" "$work/a/longer/way/sluice/dist"
echo 'The second has the same bytes.'
