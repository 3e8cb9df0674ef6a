# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Where Debian comes from: the host's own apt configuration, read at run time.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# repositories: "URI RELEASE" of everything the host's apt is told to use.
repositories() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sort -u
}

# mirror_uri main|security
mirror_uri() {
	local uri release
	while read -r uri release; do
		case $1:$release in
		security:*-security) echo "$uri"; return ;;
		main:*[-/]*) ;;
		main:bullseye | main:bookworm | main:trixie | main:forky | main:sid | main:*stable | main:testing)
			echo "$uri"; return ;;
		esac
	done < <(repositories)
	[ "$1" = security ] || die "apt's sources name no Debian archive"
}

# has_release URI RELEASE: whether the mirror carries it.
has_release() {
	local file
	file=$(mktemp)
	/usr/lib/apt/apt-helper download-file "${1%/}/dists/$2/InRelease" "$file" >/dev/null 2>&1
	set -- $?
	rm -f "$file" "$file".*
	return "$1"
}

# apt_sources SUITE [FURTHER-RELEASE]: sources.list lines for a root of that suite.
apt_sources() {
	local main security release
	main=$(mirror_uri main)
	security=$(mirror_uri security)
	for release in "$@"; do
		echo "deb [signed-by=$KEYRING] $main $release main"
	done
	# sid has no such releases. Bullseye's support has ended: mirrors have begun to drop its
	# security packages but still list them.
	case $1 in
	sid | bullseye) return ;;
	esac
	if [ -n "$security" ] && has_release "$security" "$1-security"; then
		echo "deb [signed-by=$KEYRING] $security $1-security main"
	fi
	if has_release "$main" "$1-updates"; then
		echo "deb [signed-by=$KEYRING] $main $1-updates main"
	fi
}
