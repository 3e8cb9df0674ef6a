# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The apt repository that a guest gets on its data disk: the tree's packages and what they and
# the tests need beyond the image, so that the guest needs no network.

# build_depends: the names in debian/control's Build-Depends; of alternatives the first.
build_depends() {
	awk '/^[^ \t#]/ { on = /^Build-Depends(-Indep|-Arch)?:/; sub(/^[^:]*:/, "") }
		/^$/ { exit } on { print }' "$TREE/debian/control" |
		tr ',' '\n' | sed 's/|.*//; s/[(<[].*//; s/:[a-z]*//; s/[[:space:]]//g' | sort -u | xargs
}

# binary_packages: the packages that debian/control makes.
binary_packages() { sed -n 's/^Package: *//p' "$TREE/debian/control" | xargs; }

# What only checks the tree does not change the binary packages.
CHECKS_ONLY=(scripts .ci docs debian/tests README.md)

# packages_root SYSTEM: makes the root in which its packages are built. Those of another architecture
# are cross-built; what they are linked with then is that one's.
packages_root() {
	local packages arch
	arch=$(arch_of "$1") || return 1
	packages=$(build_depends)
	case $arch in
	amd64) make_root "build-$1" "$(suite_of "$1")" "build-essential $packages" ;;
	*)
		packages=$(echo "$packages" | sed -E "s/(lib[^ ]*-dev|pkgconf)\>/\1:$arch/g")
		make_root "build-$1" "$(suite_of "$1")" "build-essential crossbuild-essential-$arch libc6-dev:$arch $packages" \
			--architectures="amd64,$arch"
		;;
	esac
}

# make_packages SYSTEM [source]: into build/packages/SYSTEM, if the tree has changed since: what goes
# into the binary packages or, if asked for, anything in the source package.
make_packages() {
	local system=$1 hash whole wanted
	hash=$(tree_hash "${CHECKS_ONLY[@]}") whole=$(tree_hash)
	case ${2-} in source) wanted=$whole ;; *) wanted=$hash ;; esac
	build_packages "$system" "$BUILD/packages/$system" "$wanted" "$hash
$whole" "$(tree_version)"
}

# previous_version: sorts before the tree's own, and after every one before that.
previous_version() { echo "$(tree_version)~previous"; }

# make_previous SYSTEM: the same tree as packages of an earlier version, in build/packages/SYSTEM-previous,
# to upgrade from. Its module differs, as its version is in it.
make_previous() {
	local hash
	hash=$(tree_hash "${CHECKS_ONLY[@]}")
	build_packages "$1" "$BUILD/packages/$1-previous" "$hash" "$hash" "$(previous_version)"
}

# build_packages SYSTEM TO WANTED HASHES VERSION: nothing is done if WANTED is what was built last.
build_packages() {
	local system=$1 dir=$2 wanted=$3 hashes=$4 version=$5 options=()
	! grep -sqxF "$wanted" "$dir/.tree" || return 0
	packages_root "$system" || return 1
	[ "$(arch_of "$system")" = amd64 ] || options=("-a$(arch_of "$system")" '-Pcross,nocheck' -d)
	mkdir -p "$BUILD/packages"
	(
		flock 9
		! grep -sqxF "$wanted" "$dir/.tree" || exit 0
		say "building the packages $version for $system"
		rm -rf "$dir" "$dir.new"
		copy_tree "$dir.new/source"
		sed -i "1s/(.*)/($version)/" "$dir.new/source/debian/changelog"
		# Packages keep times up to the release's: those of a checkout would tell one from another.
		find "$dir.new/source" -exec touch --no-dereference --date="$(tree_date)" {} +
		(cd "$dir.new/source" && in_root "build-$system" dpkg-buildpackage -us -uc "${options[@]}") \
			>"$dir.log" 2>&1 || { tail -n 40 "$dir.log" >&2; die "the packages do not build (see $dir.log)"; }
		rm -rf "$dir.new/source"
		printf '%s\n' "$hashes" >"$dir.new/.tree"
		mv "$dir.new" "$dir"
	) 9>"$dir.lock"
}

# make_repo SYSTEM DIR DEPENDENCIES [previous]: a repository that satisfies them (in apt's syntax) in a
# guest of that system; it also has our packages of an earlier version, if asked for.
make_repo() {
	local system=$1 dir=$2 depends=$3 pool=$CACHE/repo/$1 key fetched packages
	packages=$(packages_system "$system")
	make_image "$system" && make_packages "$packages" || return 1
	mkdir -p "$dir" "$pool"
	cp "$BUILD/packages/$packages"/*.deb "$dir/"
	if [ "${4-}" = previous ]; then
		make_previous "$packages" || return 1
		cp "$BUILD/packages/$packages-previous"/*.deb "$dir/"
	fi
	index_repo "$dir"
	key=$(
		{
			echo "$depends"
			cat "$(image_dir "$system")/stamp"
			grep -E '^(Package|Version|.*Depends|Provides|Breaks|Conflicts):' "$dir/Packages"
		} | hash_of
	)
	fetched=$pool/$key
	(
		flock 9
		[ -e "$fetched/complete" ] || fetch_needed "$system" "$dir" "$depends" "$fetched"
	) 9>"$pool.lock" || return 1
	find "$fetched" -name '*.deb' -exec cp -t "$dir" {} +
	index_repo "$dir"
}

index_repo() {
	# shellcheck disable=SC2016 # a script for sh in the toolbox
	toolbox sh -eu -c 'cd "$1"; apt-ftparchive packages . >Packages' sh "$1"
}

# fetch_needed SYSTEM LOCAL DEPENDENCIES TO: has apt resolve them against the image's packages.
# The image's own package lists are used, so that what is chosen fits it; should the mirror have
# moved on, they are brought up to date.
fetch_needed() {
	local system=$1 local=$2 depends=$3 to=$4 state=$CACHE/repo/$1/state root attempt
	root=$(root_dir "image-$system")
	say "fetching what the packages and tests need on $system"
	rm -rf "$to" "$state"
	mkdir -p "$to/partial" "$state"
	cp -a "$root/var/lib/apt/lists" "$state/lists"
	echo "deb [trusted=yes] file:$local ./" >"$state/local.list"
	cat "$root/etc/apt/sources.list" "$state/local.list" >"$state/all.list"
	guest_apt() {
		in_root "image-$system" apt-get -q -o Dir::State::lists="$state/lists" \
			-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Cache::archives="$to" \
			-o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root \
			-o Acquire::Check-Valid-Until=false -o APT::Get::List-Cleanup=false \
			-o APT::Install-Recommends=false "$@"
	}
	for attempt in local all; do
		if guest_apt -o Dir::Etc::SourceList="$state/$attempt.list" update &&
			guest_apt -o Dir::Etc::SourceList="$state/all.list" -y --download-only satisfy "$depends"; then
			: >"$to/complete"
			return
		fi
	done >"$state/log" 2>&1
	tail -n 20 "$state/log" >&2
	die "apt cannot satisfy '$depends' on $system"
}
