# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What every script here starts with: the paths, messages, privileges.

set -eu -o pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${USERTIME_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/usertime}
BUILD=$TREE/build
export TREE CACHE BUILD

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# The comment at a script's head, from its third line on, is its manual.
usage() { sed -n '3,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p}' "$0"; }

wants_help() { case ${1-} in -h | --help | help) usage; exit 0 ;; esac; }

bad_usage() { say "${0##*/}: $* (see --help)"; exit 2; }

# Making roots takes mounts and chroot. The cache stays the caller's.
become_root() {
	[ "$(id -u)" -ne 0 ] || { mkdir -p "$CACHE" "$BUILD"; return 0; }
	command -v sudo >/dev/null || die "needs root, or sudo"
	exec sudo USERTIME_CACHE="$CACHE" ${USERTIME_GUESTS:+"USERTIME_GUESTS=$USERTIME_GUESTS"} "$0" "$@"
}

# Under sudo the build products belong to who asked for them.
give_back() {
	[ -z "${SUDO_UID-}" ] || chown -R "$SUDO_UID:${SUDO_GID-0}" "$BUILD"
}

# install_missing PROGRAM=PACKAGE...: has the host's apt bring what it lacks.
install_missing() {
	local pair missing=()
	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${missing[*]}"
	exec 8>"$CACHE/apt.lock"
	flock 8
	{ apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } \
		>"$CACHE/apt.log" 2>&1 || { tail -n 20 "$CACHE/apt.log" >&2; die "apt-get cannot install ${missing[*]}"; }
	exec 8>&-
}

# hash_of: one word for all of standard input.
hash_of() { sha256sum | cut -c 1-16; }
