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

# make_packages SUITE [source]: into build/packages/SUITE, if the tree has changed since: what goes
# into the binary packages or, if asked for, anything in the source package.
make_packages() {
	local suite=$1 dir=$BUILD/packages/$1 hash whole wanted
	make_root "build-$suite" "$(suite_field "$suite" 2)" "build-essential $(build_depends)" || return 1
	mkdir -p "$BUILD/packages"
	(
		flock 9
		hash=$(tree_hash "${CHECKS_ONLY[@]}") whole=$(tree_hash)
		case ${2-} in source) wanted=$whole ;; *) wanted=$hash ;; esac
		! grep -sqx "$wanted" "$dir/.tree" || exit 0
		say "building the packages for $suite"
		rm -rf "$dir" "$dir.new"
		copy_tree "$dir.new/source"
		(cd "$dir.new/source" && in_root "build-$suite" dpkg-buildpackage -us -uc) \
			>"$dir.log" 2>&1 || { tail -n 40 "$dir.log" >&2; die "the packages do not build (see $dir.log)"; }
		rm -rf "$dir.new/source"
		printf '%s\n' "$hash" "$whole" >"$dir.new/.tree"
		mv "$dir.new" "$dir"
	) 9>"$BUILD/packages/$suite.lock"
}

# make_repo SUITE DIR DEPENDENCIES: a repository that satisfies them (in apt's syntax) in a
# guest of that suite.
make_repo() {
	local suite=$1 dir=$2 depends=$3 pool=$CACHE/repo/$1 key fetched
	make_image "$suite" && make_packages "$suite" || return 1
	mkdir -p "$dir" "$pool"
	cp "$BUILD/packages/$suite"/*.deb "$dir/"
	index_repo "$dir"
	key=$(
		{
			echo "$depends"
			cat "$(image_dir "$suite")/stamp"
			grep -E '^(Package|Version|.*Depends|Provides|Breaks|Conflicts):' "$dir/Packages"
		} | hash_of
	)
	fetched=$pool/$key
	(
		flock 9
		[ -e "$fetched/complete" ] || fetch_needed "$suite" "$dir" "$depends" "$fetched"
	) 9>"$pool.lock" || return 1
	find "$fetched" -name '*.deb' -exec cp -t "$dir" {} +
	index_repo "$dir"
}

index_repo() {
	# shellcheck disable=SC2016 # a script for sh in the toolbox
	toolbox sh -eu -c 'cd "$1"; apt-ftparchive packages . >Packages' sh "$1"
}

# fetch_needed SUITE LOCAL DEPENDENCIES TO: has apt resolve them against the image's packages.
# The image's own package lists are used, so that what is chosen fits it; should the mirror have
# moved on, they are brought up to date.
fetch_needed() {
	local suite=$1 local=$2 depends=$3 to=$4 state=$CACHE/repo/$1/state root attempt
	root=$(root_dir "image-$suite")
	say "fetching what the packages and tests need on $suite"
	rm -rf "$to" "$state"
	mkdir -p "$to/partial" "$state"
	cp -a "$root/var/lib/apt/lists" "$state/lists"
	echo "deb [trusted=yes] file:$local ./" >"$state/local.list"
	cat "$root/etc/apt/sources.list" "$state/local.list" >"$state/all.list"
	guest_apt() {
		in_root "image-$suite" apt-get -q -o Dir::State::lists="$state/lists" \
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
	die "apt cannot satisfy '$depends' on $suite"
}
