# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernels that the modules must build for, and the roots that have their headers.

# kernel | suite, and the release that has the headers where that is another
KERNELS='
5.10   | bullseye
6.1    | bookworm
6.12   | trixie
7.2    | trixie trixie-backports
7.3-rc | sid experimental
'

kernel_names() { echo "$KERNELS" | awk -F' *[|] *' 'NF { print $1 }'; }

# kernel_suites KERNEL
kernel_suites() {
	echo "$KERNELS" | awk -F' *[|] *' -v k="$1" '$1 == k { print $2; found = 1 } END { exit !found }' ||
		die "unknown kernel $1: one of $(kernel_names | xargs)"
}

# kernel_root KERNEL: makes the root with its headers.
kernel_root() {
	local suites headers=linux-headers-cloud-amd64
	suites=$(kernel_suites "$1")
	case $suites in *' '*) headers=$headers/${suites#* } ;; esac
	make_root "kernel-$1" "$suites" "$headers gcc make sparse perl"
}

# kernel_headers KERNEL: the build directory in its root.
kernel_headers() {
	local dir
	for dir in "$(root_dir "kernel-$1")"/lib/modules/*/build; do
		[ -L "$dir" ] || die "the root of $1 has no kernel headers"
		echo "/lib/modules/$(basename "${dir%/build}")/build"
		return
	done
}
