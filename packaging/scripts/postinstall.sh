#!/bin/sh
# dpkg calls it with "configure", or with "triggered" when Fluent Bit's package brings a plugins.conf; rpm with the number
# of versions that are installed now.
set -e

/usr/lib/sluice/plugins-conf add

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	systemctl try-restart sluice-serve.service || true # not Fluent Bit: its operator decides when it restarts
fi
