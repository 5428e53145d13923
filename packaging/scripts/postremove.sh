#!/bin/sh
# dpkg calls it with "remove", then with "purge" if the administrator wants nothing to be left; rpm, which has no purge,
# with the number of versions that remain.
set -e

spool=/var/lib/fluent-bit/sluice

# unsent prints a file with log records that are not in S3, if there is one.
unsent() {
	find "$spool" -type f \( -name '*.active' -o -name '*.sealed' -o -name '*.segment' -o -name '*.tail' \) -print |
		head -n 1
}

case ${1:-} in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload || true
	fi
	;;
esac

case ${1:-} in
purge | 0)
	[ -d "$spool" ] || exit 0
	if [ -n "$(unsent)" ]; then
		echo "fluent-bit-sluice: $spool is kept: it has log records that are not in S3. To send them, install the" \
			"package again and run: sluice spool push $spool. To discard them: rm -r $spool" >&2
		exit 0
	fi
	rm -rf "$spool"
	rmdir --ignore-fail-on-non-empty "${spool%/*}"
	;;
esac
