#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The part of scripts/dkms in the root; the argument is the directory with the packages. What is
# written goes to a layer that is thrown away.

set -eu

fail() { echo "not ok: $*"; exit 1; }

if [ -z "${LAYERED-}" ]; then
	mkdir /tmp/upper /tmp/work /tmp/root
	mount -t overlay overlay -o lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work /tmp/root
	mount -t proc proc /tmp/root/proc
	mount --rbind /dev /tmp/root/dev
	mount -t tmpfs tmpfs /tmp/root/tmp
	cp "$0" "$1"/usertime-dkms_*.deb "$1"/usertime-tools_*.deb "$1"/libusertime1_*.deb /tmp/root/tmp/
	LAYERED=1 exec chroot /tmp/root sh "/tmp/${0##*/}"
fi

kernels() { for build in /lib/modules/*/build; do [ ! -e "$build" ] || echo "$build"; done | cut -d / -f 4; }
modules() { find /lib/modules /usr/lib/modules -name 'usertime*.ko*' | sort -u; }

[ "$(kernels | wc -l)" -ge 3 ] || fail "fewer than three kernels: $(kernels | xargs)"
apt-get -q -y install /tmp/*.deb
for kernel in $(kernels); do
	[ "$kernel" != "$(uname -r)" ] || fail "$kernel is running"
	dkms status -m usertime -k "$kernel" | grep ': installed' || fail "no module for $kernel"
	magic=$(modinfo -k "$kernel" -F vermagic usertime)
	[ "${magic%% *}" = "$kernel" ] || fail "the module for $kernel is one for $magic"
	echo "ok: $kernel"
done
! grep '^usertime' /proc/modules || fail "the module was loaded into the host's kernel"
apt-get -q -y purge usertime-dkms usertime-tools libusertime1
[ -z "$(modules)" ] || fail "left behind: $(modules | xargs)"
for path in /usr/src/usertime-* /var/lib/dkms/usertime; do
	[ ! -e "$path" ] || fail "left behind: $path"
done
echo "ok: nothing is left"
