# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian systems that the modules are built for and booted on, and how their roots differ.

# name | suite | further release, and the series of its kernels to take the newest of (without one,
# its metapackage's) | kernel flavour | architecture
SYSTEMS='
bullseye         | bullseye |                      | cloud | amd64
bookworm         | bookworm |                      | cloud | amd64
trixie           | trixie   |                      | cloud | amd64
trixie-rt        | trixie   |                      | rt    | amd64
trixie-7.2       | trixie   | trixie-backports 7.2 | cloud | amd64
trixie-backports | trixie   | trixie-backports     | cloud | amd64
sid              | sid      |                      | cloud | amd64
experimental     | sid      | experimental         | cloud | amd64
trixie-arm64     | trixie   |                      | cloud | arm64
'

system_names() { echo "$SYSTEMS" | awk -F' *[|] *' 'NF { print $1 }'; }

# system_field NAME NUMBER
system_field() {
	echo "$SYSTEMS" | awk -F' *[|] *' -v s="$1" -v n="$2" '$1 == s { print $n; found = 1 } END { exit !found }' ||
		die "unknown system $1: one of $(system_names | xargs)"
}

suite_of() { system_field "$1" 2; }
arch_of() { system_field "$1" 5; }

# releases_of NAME: those that its root takes packages from.
releases_of() {
	local further
	further=$(system_field "$1" 3)
	echo "$(suite_of "$1")${further:+ ${further%% *}}"
}

# own_system: this machine's, so that packages can be installed on it; trixie where it is another.
own_system() {
	# shellcheck source=/dev/null
	system_names | grep -x "$(. /etc/os-release && echo "${VERSION_CODENAME-}")" || echo trixie
}

# packages_system NAME: the system of the same suite and architecture whose packages it installs.
packages_system() {
	case $(arch_of "$1") in
	amd64) suite_of "$1" ;;
	*) echo "$1" ;;
	esac
}

# kernel_packages NAME KIND...: the metapackages (of kind image or headers) of its kernel.
kernel_packages() {
	local name=$1 flavour kind
	flavour=$(system_field "$name" 4)-$(arch_of "$name")
	shift
	for kind; do echo "linux-$kind-$flavour"; done | xargs
}

# hook_of NAME KIND...: for mmdebstrap, run with the root as $1: installs the kernel from the further
# release, with what it needs of that: the newest of the series or, if none is asked for or the archive
# has none any more, the metapackages'.
hook_of() {
	local name=$1 release series
	read -r release series <<<"$(system_field "$name" 3)"
	shift
	sed "s/@KINDS@/$*/; s/@RELEASE@/$release/; s/@SERIES@/${series:-none}/
		s/@FLAVOUR@/$(system_field "$name" 4)-$(arch_of "$name")/" <<-'EOT'
	#!/bin/sh
	set -eu
	export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
	kernel=$(apt-cache pkgnames linux-image-@SERIES@. | sed -n 's/^linux-image-\(.*-@FLAVOUR@\)$/\1/p' |
		grep -v -e -rt- | sort -V | tail -n 1)
	packages=
	for kind in @KINDS@; do packages="$packages linux-$kind-${kernel:-@FLAVOUR@}"; done
	apt-get -q -y -t @RELEASE@ -oDPkg::Chroot-Directory="$1" install $packages
	EOT
}

# system_root ROOT SYSTEM KINDS PACKAGES [MMDEBSTRAP-OPTION...]: makes the root of that name with the
# system's kernel packages of these kinds.
system_root() {
	local root=$1 system=$2 kinds=$3 packages=$4
	shift 4
	# shellcheck disable=SC2086 # kinds is a list
	if [ -z "$(system_field "$system" 3)" ]; then
		packages="$packages $(kernel_packages "$system" $kinds)"
	else
		set -- --customize-hook="$(hook_file "$(hook_of "$system" $kinds)")" "$@"
	fi
	make_arch_root "$(arch_of "$system")" "$root" "$(releases_of "$system")" "$packages" "$@"
}

# hook_file TEXT: an executable of it, for mmdebstrap.
hook_file() {
	local file
	file=$CACHE/hook.$(echo "$1" | hash_of)
	echo "$1" >"$file.$$" && chmod +x "$file.$$" && mv "$file.$$" "$file"
	echo "$file"
}

# NO_INITRD: some headers bring their kernel along, which need not boot there.
# shellcheck disable=SC2016 # for mmdebstrap's shell
NO_INITRD='chroot "$1" dpkg-divert --quiet --local --rename --add /usr/sbin/update-initramfs &&
	ln -s ../bin/true "$1/usr/sbin/update-initramfs"'

# headers_root SYSTEM: the root in which the modules are built for its kernel, by this machine's
# compilers: emulated ones take minutes.
headers_root() {
	local packages="gcc make sparse perl"
	case $(arch_of "$1") in
	amd64) system_root "kernel-$1" "$1" headers "$packages" --essential-hook="$NO_INITRD" ;;
	arm64)
		make_root "kernel-$1" "$(releases_of "$1")" "$packages gcc-aarch64-linux-gnu" \
			--architectures=amd64,arm64 --customize-hook="$(hook_file "$(cross_hook "$1")")"
		;;
	esac
}

# cross_hook SYSTEM: of the metapackage for the other architecture it installs what is the same for
# all, and the tools for this one; the headers themselves would bring that architecture's compiler.
cross_hook() {
	sed "s/@FLAVOUR@/$(system_field "$1" 4)-$(arch_of "$1")/; s/@ARCH@/$(arch_of "$1")/" <<-'EOT'
	#!/bin/sh
	set -eu
	export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
	headers=$(apt-cache depends --important linux-headers-@FLAVOUR@:@ARCH@ |
		sed -n 's/.*Depends: \(linux-headers-[0-9][^:]*\).*/\1/p' | head -n 1)
	common=${headers%-@FLAVOUR@}
	apt-get -q -y -oDPkg::Chroot-Directory="$1" install "$common-common" "linux-kbuild-${common#linux-headers-}"
	cd "$1/tmp"
	apt-get -q download "$headers:@ARCH@"
	dpkg -x linux-headers-*.deb "$1"
	rm linux-headers-*.deb
	EOT
}

# cross_options SYSTEM: what make needs to build for it.
cross_options() { case $(arch_of "$1") in arm64) echo "ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-" ;; esac; }

# headers_of SYSTEM: the build directory in that root.
headers_of() {
	local dir
	for dir in "$(root_dir "kernel-$1")"/lib/modules/*/build; do
		[ -L "$dir" ] || die "the root of $1 has no kernel headers"
		echo "/lib/modules/$(basename "${dir%/build}")/build"
		return
	done
}
