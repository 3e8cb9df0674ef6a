# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Disks on which the tree's packages are installed already: overlays on a system's image, made by
# a real installation in a guest and kept in build/vm/prepared for as long as the packages are
# the same. Building the modules takes an emulated guest a minute or two.

# prepare_disk SYSTEM DEPENDENCIES: sets PREPARED to the disk on which they are installed. The
# guest that installs them is the same one, whatever the options are. What apt said is in the log
# beside the disk; if something went wrong it is shown.
prepare_disk() {
	local system=$1 depends=$2 name status=0
	new_work
	make_repo "$system" "$WORK/data/repo" "$depends" || return 1
	name=$system-$({
		echo "$depends"
		cat "$WORK/data/repo/Packages" "$(image_dir "$system")/stamp"
	} | hash_of)
	PREPARED=$BUILD/vm/prepared/$name.qcow2
	mkdir -p "${PREPARED%/*}"
	exec {prepare_lock}>"$BUILD/vm/prepared/$system.lock"
	flock "$prepare_lock"
	[ -e "$PREPARED" ] || install_on_disk "$system" "$depends" || status=1
	[ "$status" -ne 0 ] || touch "$PREPARED"
	exec {prepare_lock}>&-
	rm -rf "$WORK"
	return "$status"
}

# installing DEPENDENCIES: the script. Our packages come last, so that whatever is newer than they are
# is of theirs.
installing() {
	cat <<-EOT
		#!/bin/sh -e
		others=\$(apt-get -s satisfy "$1" | awk '\$1 == "Inst" && \$2 !~ /usertime/ { print \$2 }')
		[ -z "\$others" ] || apt-get -q -y install \$others
		exec apt-get -q -y satisfy "$1"
	EOT
}

# install_on_disk SYSTEM DEPENDENCIES: makes PREPARED, with WORK.
install_on_disk() {
	local log=${PREPARED%.qcow2}.log cpus=2 memory=3072 seconds=1800 append='' icount='' installed='' complaints
	say "installing the packages on $1"
	on_begin() { : >"$log"; }
	on_line() { printf '%s\n' "$3" >>"$log"; }
	on_end() { installed=$2; }
	installing "$2" | add_job installation required merge
	: >"$WORK/data/poweroff"
	prepare_guest "$1" "$WORK" || return 1
	if ! run_guest "$(arch_of "$1")" "$WORK" || [ "$installed" != 0 ]; then
		cat "$log" >&2
		say "the packages cannot be installed on $1"
		return 1
	fi
	if complaints=$(tr -d '\r' <"$WORK/console" | grep -aE "$KERNEL_COMPLAINTS"); then
		say "the kernel complained when the packages were installed:" "$complaints"
		return 1
	fi
	mv "$WORK/disk.qcow2" "$PREPARED"
	forget_prepared
}

# forget_prepared: all but the last few, which guests may be using.
forget_prepared() {
	find "$BUILD/vm/prepared" -name '*.qcow2' -printf '%T@ %p\n' | sort -rn | tail -n +13 |
		while read -r _ file; do rm -f "$file" "${file%.qcow2}".*; done
}
