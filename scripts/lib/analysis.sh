# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A trixie root with tools that read code: clang, clang-tidy and coccinelle. Beside the toolbox, as they are
# large, and nothing else needs them.

make_analysis() {
	make_root analysis trixie "build-essential pkgconf libjansson-dev libkmod-dev libncurses-dev libsqlite3-dev clang clang-tidy libclang-rt-dev coccinelle libpython3.13"
}
