# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian suites that can be booted, and how their images differ.

# suite | releases its root takes from | architecture
SUITES='
trixie   | trixie   | amd64
bookworm | bookworm | amd64
'

# What a machine has on which one installs usertime: a kernel, its headers, DKMS and a compiler.
# Recommends are not installed with the base, so those that a real installation has are named.
IMAGE_PACKAGES="systemd-sysv dbus kmod udev initramfs-tools zstd procps util-linux sudo openssl
	dkms gcc make libc6-dev linux-image-cloud-ARCH linux-headers-cloud-ARCH"

suite_names() { echo "$SUITES" | awk -F' *[|] *' 'NF { print $1 }'; }

# own_suite: this machine's, so that packages can be installed on it; trixie where it is another.
own_suite() {
	# shellcheck source=/dev/null
	suite_names | grep -x "$(. /etc/os-release && echo "${VERSION_CODENAME-}")" || echo trixie
}

# suite_field SUITE NUMBER
suite_field() {
	echo "$SUITES" | awk -F' *[|] *' -v s="$1" -v n="$2" '$1 == s { print $n; found = 1 } END { exit !found }' ||
		die "unknown suite $1: one of $(suite_names | xargs)"
}

suite_packages() {
	local arch
	arch=$(suite_field "$1" 3) || return 1
	echo "${IMAGE_PACKAGES//ARCH/$arch}" | xargs
}
