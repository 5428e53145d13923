#!/bin/sh
# dpkg calls it with "remove", "upgrade" or "deconfigure"; rpm with the number of versions that remain.
set -e

case ${1:-} in
remove | deconfigure | 0)
	# While the plugin is still there: Fluent Bit does not start if plugins.conf names a file that is missing.
	/usr/lib/sluice/plugins-conf remove
	if [ -d /run/systemd/system ]; then
		systemctl disable --now sluice-serve.service || true
	fi
	;;
esac
