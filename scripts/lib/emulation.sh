# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Roots of another architecture: their programs are run by QEMU's user emulation.

# What binfmt_misc has to know of arm64: the head of an ELF file for it, and which bits of that count.
ARM64_MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
ARM64_MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

# emulate ARCH: lets this machine run programs of it, until its next boot, unless it is its own. F:
# the kernel keeps the toolbox's emulator open, so that it works in every root.
emulate() {
	local dir=/proc/sys/fs/binfmt_misc name=usertime-$1 interpreter
	case $1:$(dpkg --print-architecture) in
	amd64:amd64 | arm64:arm64) return ;;
	arm64:*) ;;
	*) die "programs of $1 cannot be run here" ;;
	esac
	[ ! -e "$dir/$name" ] || return 0
	make_toolbox || return 1
	[ -e "$dir/register" ] || mount -t binfmt_misc binfmt_misc "$dir" ||
		die "binfmt_misc, which runs programs of $1, cannot be mounted"
	interpreter=$(root_dir toolbox)/usr/bin/qemu-aarch64
	# Another run may be the first.
	echo ":$name:M::$ARM64_MAGIC:$ARM64_MASK:$interpreter:F" >"$dir/register" 2>/dev/null ||
		[ -e "$dir/$name" ] || die "binfmt_misc does not take $interpreter"
}

# make_arch_root ARCH NAME SUITES PACKAGES [MMDEBSTRAP-OPTION...]: make_root, for any architecture.
make_arch_root() {
	local arch=$1
	shift
	emulate "$arch" || return 1
	[ "$arch" = "$(dpkg --print-architecture)" ] || set -- "$@" --architectures="$arch" --skip=check/qemu
	make_root "$@"
}
