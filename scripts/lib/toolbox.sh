# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The toolbox: a trixie root with the tools of the trade, so that every host uses the same
# ones. QEMU is one reason: bookworm's 7.2 corrupts guests when it emulates on two threads.

TOOLBOX_PACKAGES="build-essential debhelper dh-dkms dkms lintian qemu-system-x86 qemu-system-arm \
qemu-user qemu-utils e2fsprogs apt-utils gpg gpg-agent piuparts debootstrap dpkg-dev sparse shellcheck mandoc man-db perl xz-utils cpio zstd file git autopkgtest \
libjansson-dev libkmod-dev libncurses-dev libsqlite3-dev sqlite3 gnuplot-nox pkgconf tmux"

make_toolbox() { make_root toolbox trixie "$TOOLBOX_PACKAGES"; }

# toolbox COMMAND...: runs it there, in the present directory.
toolbox() {
	make_toolbox || return 1
	in_root toolbox "$@"
}
