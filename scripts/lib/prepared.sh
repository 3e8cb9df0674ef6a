# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Disks on which the tree's packages are installed already: overlays on a suite's image, made by
# a real installation in a guest and kept in build/vm/prepared for as long as the packages are
# the same. Building the modules takes an emulated guest a minute or two.

# prepare_disk SUITE DEPENDENCIES: sets PREPARED to the disk on which they are installed. The
# guest that installs them is the same one, whatever the options are.
prepare_disk() {
	local suite=$1 depends=$2 repo name log cpus=2 memory=3072 seconds=1800 append='' icount=''
	new_work
	repo=$WORK/data/repo
	make_repo "$suite" "$repo" "$depends"
	name=$suite-$({
		echo "$depends"
		cat "$repo/Packages" "$(image_dir "$suite")/stamp"
	} | hash_of)
	PREPARED=$BUILD/vm/prepared/$name.qcow2
	log=$BUILD/vm/prepared/$name.log
	mkdir -p "${PREPARED%/*}"
	exec {prepare_lock}>"$BUILD/vm/prepared/$suite.lock"
	flock "$prepare_lock"
	if [ ! -e "$PREPARED" ]; then
		say "installing the packages on $suite"
		on_begin() { : >"$log"; }
		on_line() { printf '%s\n' "$3" >>"$log"; }
		on_end() { [ "$2" = 0 ] || { cat "$log" >&2; die "the packages cannot be installed on $suite"; }; }
		printf '#!/bin/sh\nexec apt-get -q -y satisfy "%s"\n' "$depends" |
			add_job installation required merge
		: >"$WORK/data/poweroff"
		prepare_guest "$suite" "$WORK"
		run_guest "$suite" "$WORK" || die "the packages cannot be installed on $suite"
		mv "$WORK/disk.qcow2" "$PREPARED"
		forget_prepared
	fi
	touch "$PREPARED"
	exec {prepare_lock}>&-
	rm -rf "$WORK"
}

# forget_prepared: all but the last few, which guests may be using.
forget_prepared() {
	find "$BUILD/vm/prepared" -name '*.qcow2' -printf '%T@ %p\n' | sort -rn | tail -n +7 |
		while read -r _ file; do rm -f "$file" "${file%.qcow2}".*; done
}
