# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Disks on which the tree's packages are installed already, by apt, in a copy of what the system's
# image is made of; kept in build/vm/prepared for as long as the packages are the same. There DKMS builds
# the modules with this machine's processors, for the kernel that the guest will boot: in an emulated guest
# that takes minutes. What is different where the kernel runs is what the demo and scripts/tests see.

# prepare_disk SYSTEM DEPENDENCIES: sets PREPARED to the disk on which they are installed. The log of apt
# is beside it; if something went wrong it is shown.
prepare_disk() {
	local system=$1 depends=$2 name status=0
	new_work
	make_repo "$system" "$WORK/data/repo" "$depends" || return 1
	name=$system-$({
		echo "$depends"
		cat "$WORK/data/repo/Packages" "$(image_dir "$system")/stamp"
	} | hash_of)
	PREPARED=$BUILD/vm/prepared/$name/disk.raw
	mkdir -p "$BUILD/vm/prepared"
	exec {prepare_lock}>"$(root_dir "prepared-$system").lock"	# other checkouts use it, too
	flock "$prepare_lock"
	[ -e "$PREPARED" ] || install_on_disk "$system" "$depends" || status=1
	[ "$status" -ne 0 ] || touch "$PREPARED"
	exec {prepare_lock}>&-
	rm -rf "$WORK"
	return "$status"
}

# Our packages come last, so that whatever is newer than they are is of theirs.
# shellcheck disable=SC2016 # a script for sh in the root
INSTALLING='
	repo=$1 depends=$2
	rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d/*
	echo "deb [trusted=yes] file:$repo ./" >/etc/apt/sources.list
	apt-get -qq update
	others=$(apt-get -s satisfy "$depends" | awk "\$1 == \"Inst\" && \$2 !~ /usertime/ { print \$2 }")
	[ -z "$others" ] || apt-get -q -y install $others
	exec apt-get -q -y satisfy "$depends"
'

# install_on_disk SYSTEM DEPENDENCIES: makes PREPARED, with the repository in WORK.
install_on_disk() {
	local root=prepared-$1 dir=${PREPARED%/*} log status=0
	log=$dir.log
	say "installing the packages on $1"
	rm -rf --one-file-system "$(root_dir "$root")"
	cp -a --reflink=auto "$(root_dir "image-$1")" "$(root_dir "$root")" &&
		emulate "$(arch_of "$1")" &&
		in_root "$root" sh -eu -c "$INSTALLING" sh "$WORK/data/repo" "$2" >"$log" 2>&1 &&
		make_disk "$(root_dir "$root")" "$dir.new" >>"$log" 2>&1 || status=1
	rm -rf --one-file-system "$(root_dir "$root")"
	if [ "$status" -ne 0 ]; then
		cat "$log" >&2
		say "the packages cannot be installed on $1"
		return 1
	fi
	rm -rf "$dir"
	mv "$dir.new" "$dir"
	forget_prepared
}

# forget_prepared: all but the last few, which guests may be using.
forget_prepared() {
	find "$BUILD/vm/prepared" -name disk.raw -printf '%T@ %h\n' | sort -rn | tail -n +13 |
		while read -r _ dir; do rm -rf "$dir" "$dir".*; done
}
