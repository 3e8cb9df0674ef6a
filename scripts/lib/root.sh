# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cached root directories of Debian suites, and running commands in them.
#
# A root is made once, by mmdebstrap, under a lock and another name, and renamed when it is
# complete: what lies under its name is whole. Its stamp carries the recipe's hash, so that a
# changed recipe makes a new one.

# A mirror may be a snapshot that has outlived its Valid-Until. Signatures are always checked.
# Installing into a directory that an interruption throws away needs no fsync.
ROOT_OPTIONS=(
	--mode=root --variant=minbase
	--aptopt='Acquire::Check-Valid-Until "false"'
	--aptopt='APT::Install-Recommends "false"'
	--aptopt='Acquire::Languages "none"'
	--aptopt='Acquire::Retries "3"'
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
	--dpkgopt='force-unsafe-io'
)

# root_dir NAME
root_dir() { echo "$CACHE/roots/$1"; }

# make_root NAME SUITES PACKAGES [MMDEBSTRAP-OPTION...]: SUITES is the suite and the further
# releases it may take from; the lists are separated by blanks. Nothing is done when it is there.
make_root() {
	local name=$1 suites=$2 packages=$3 root recipe
	shift 3
	root=$(root_dir "$name")
	recipe=$(printf '%s\n' 1 "$suites" "$packages" "${ROOT_OPTIONS[@]}" "$@" | hash_of)
	[ "$(cat "$root/.recipe" 2>/dev/null)" != "$recipe" ] || return 0
	install_missing mmdebstrap=mmdebstrap flock=util-linux
	mkdir -p "${root%/*}"
	(
		flock 9
		[ "$(cat "$root/.recipe" 2>/dev/null)" != "$recipe" ] || exit 0
		say "making the root $name (once)"
		bootstrap "$root" "$suites" "$packages" "$@" || exit 1
		echo "$recipe" >"$root.new/.recipe"
		rm -rf --one-file-system "$root"
		mv "$root.new" "$root"
	) 9>"$root.lock"
}

# bootstrap ROOT SUITES PACKAGES [OPTION...]: makes ROOT.new.
bootstrap() {
	local root=$1 suites=$2 packages=$3 log=$1.log
	shift 3
	rm -rf --one-file-system "$root.new"
	# In a mount namespace of its own: an interrupted run leaves no mount behind.
	# shellcheck disable=SC2086 # SUITES is a list
	apt_sources $suites |
		unshare --mount --propagation private \
			mmdebstrap "${ROOT_OPTIONS[@]}" "$@" --include="${packages// /,}" \
			"${suites%% *}" "$root.new" - >"$log" 2>&1 || {
		tail -n 25 "$log" >&2
		die "cannot make the root ${root##*/} (whole log: $log)"
	}
}

# in_root NAME COMMAND...: runs it there, in the present directory, with the checkout and the
# cache at their own paths, a private /tmp, and mount and process namespaces that end with it.
in_root() {
	root_command "$@"
	"${ROOT_COMMAND[@]}"
}

# root_command NAME COMMAND...: sets ROOT_COMMAND to what in_root runs, for those who need its
# process. Kill that with SIGKILL (unshare ignores SIGTERM): everything in the root ends with it, and
# it with the shell that started it.
root_command() {
	local root
	root=$(root_dir "$1")
	shift
	ROOT_COMMAND=(
		setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child
		sh -eu -c "$ROOT_ENTRY" sh "$root" "$TREE" "$CACHE" "$PWD" "$@"
	)
}

# shellcheck disable=SC2016 # a script for sh in the new namespaces
ROOT_ENTRY='
	root=$1 tree=$2 cache=$3 dir=$4
	shift 4
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/tmp"
	touch "$root/etc/resolv.conf"
	mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
	for path in "$tree" "$cache"; do
		mkdir -p "$root$path"
		mount --bind "$path" "$root$path"
	done
	export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	exec chroot "$root" sh -c "cd \"\$0\" && exec \"\$@\"" "$dir" "$@"
'
