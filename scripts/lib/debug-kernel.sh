# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that look after themselves: Debian's sources, built with the kernel's own checkers. They
# boot in seconds from an initramfs of a shell and static test programs.

DEBUG_SERIES=6.12
DEBUG_PACKAGES="build-essential bc bison flex libelf-dev cpio kmod xz-utils busybox-static \
gcc-i686-linux-gnu libc6-dev-i386-cross linux-source-$DEBUG_SERIES"

# What takes up much room and is not compiled here.
DEBUG_WITHOUT=(Documentation/devicetree tools/testing drivers/gpu/drm/amd/include)

# debug_config VARIANT: the options, one a line, that its kernel is to have.
debug_config() { cat "$TREE/scripts/debug-kernel.d/base.config" "$TREE/scripts/debug-kernel.d/$1.config"; }

# debug_kernel VARIANT: sets DEBUG_KERNEL to the directory of a built one, with bzImage in it and all
# that modules are built with. Made once.
debug_kernel() {
	local variant=$1
	make_root debug-kernel trixie "$DEBUG_PACKAGES" || return 1
	DEBUG_KERNEL=$CACHE/debug-kernel/$variant-$({
		debug_config "$variant"
		cat "$(root_dir debug-kernel)/.recipe"
		declare -f build_debug_kernel strip_debug_kernel
	} | hash_of)
	mkdir -p "$CACHE/debug-kernel"
	(
		flock 9
		[ ! -e "$DEBUG_KERNEL/bzImage" ] || exit 0
		say "building the debug kernel $variant (once, some minutes)"
		find "$CACHE/debug-kernel" -mindepth 1 -maxdepth 1 -type d -name "$variant-*" -exec rm -rf {} +
		build_debug_kernel "$variant" "$DEBUG_KERNEL" >"$CACHE/debug-kernel/$variant.log" 2>&1 || {
			grep -E 'error|not as asked|Error' "$CACHE/debug-kernel/$variant.log" | head -n 20 >&2
			tail -n 5 "$CACHE/debug-kernel/$variant.log" >&2
			die "the debug kernel $variant cannot be built (see $CACHE/debug-kernel/$variant.log)"
		}
	) 9>"$CACHE/debug-kernel/$variant.lock"
}

# build_debug_kernel VARIANT DIRECTORY
build_debug_kernel() {
	local variant=$1 dir=$2
	install_missing xz=xz-utils
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	tar -xJf "$(root_dir debug-kernel)/usr/src/linux-source-$DEBUG_SERIES.tar.xz" -C "$dir.new" \
		--strip-components=1 "${DEBUG_WITHOUT[@]/#/--exclude=*/}" &&
	debug_config "$variant" >"$dir.new/wanted.config" &&
	(
		cd "$dir.new"
		in_root debug-kernel sh -eu -c '
			make -s tinyconfig
			scripts/kconfig/merge_config.sh -m .config wanted.config
			make -s olddefconfig
		' && options_survived &&
			in_root debug-kernel make -s -j"$(nproc)" KCSAN_SANITIZE=n bzImage modules &&
			strip_debug_kernel
	) &&
	mv "$dir.new" "$dir" &&
	mv "$dir/arch/x86/boot/bzImage" "$dir/bzImage"
}

# options_survived: Kconfig drops without a word what another option forbids.
options_survived() {
	local line lost=0
	while IFS= read -r line; do
		case $line in
		CONFIG_*=* | '# CONFIG_'*' is not set') ;;
		*) continue ;;
		esac
		grep -qxF "$line" .config && continue
		# One that does not exist any more is not set, too.
		case $line in '#'*) ! grep -q "^$(echo "$line" | cut -d' ' -f 2)=" .config && continue ;; esac
		echo "not as asked for: $line"
		lost=1
	done <wanted.config
	[ "$lost" -eq 0 ]
}

# What modules are built with is headers and tools.
strip_debug_kernel() {
	find . \( -path ./scripts -o -path ./tools/objtool -o -path ./include \) -prune -o -type f \
		\( -name '*.[coS]' -o -name '*.a' -o -name '*.cmd' -o -name vmlinux -o -name 'vmlinux.*' -o -name '*.bin' \) \
		-print0 | xargs -0 rm -f
}

# debug_programs VARIANT: the tests that are programs of their own: of debian/tests, and faults where the
# kernel has calls fail on demand. (library wants libusertime.)
debug_programs() {
	local files
	cd "$TREE"
	files=(debian/tests/src/*.c)
	! debug_config "$1" | grep -qx CONFIG_FAILSLAB=y || files+=(scripts/debug-kernel.d/faults.c)
	grep -l '^TEST(' "${files[@]}" | xargs -n 1 basename -s .c | grep -vx library
}

# build_debug_modules WORK: into its root; instrumented for the fuzzer where the kernel can tell it.
build_debug_modules() {
	local dir=$1/module
	mkdir -p "$dir"
	cp -a "$TREE/usertime/." "$dir/"
	in_root debug-kernel make -s -C "$DEBUG_KERNEL" M="$dir" KCFLAGS=-Werror KCOV_INSTRUMENT=y \
		USERTIME_VERSION="$(tree_version)" modules &&
	cp "$dir/usertime.ko" "$dir/usertime_mp.ko" "$1/root/"
}

# build_debug_programs TO PROGRAM...: static, as there is nothing else in the guest.
build_debug_programs() {
	local to=$1 program file files=()
	shift
	cd "$TREE"
	for program; do
		file=debian/tests/src/$program.c
		[ -e "$file" ] || file=scripts/debug-kernel.d/$program.c
		[ -e "$file" ] || die "there is no program $program"
		files+=("$file")
	done
	# shellcheck disable=SC2016 # a script for sh in the root
	in_root debug-kernel sh -eu -c '
		to=$1 src=debian/tests/src
		shift
		compile() {
			gcc -std=gnu11 -O2 -Wall -Wextra -Werror -pthread -I usertime/uapi -I "$src" -c -o "$1" "$2"
		}
		mkdir "$to/shared"
		for name in dev crowd mp urt tap; do compile "$to/shared/$name.o" "$src/$name.c"; done
		for file; do
			name=${file##*/}
			name=${name%.c}
			compile "$to/$name.o" "$file"
			gcc -static -pthread -o "$to/$name" "$to/$name.o" "$to"/shared/*.o
			rm "$to/$name.o"
		done
		rm -r "$to/shared"
	' sh "$to" "${files[@]}"
}

# debug_guest VARIANT WORK: its kernel, and an initramfs in which /jobs is WORK/jobs and the programs
# of WORK/programs are in /root.
debug_guest() {
	local variant=$1 work=$2
	debug_kernel "$variant" || return 1
	mkdir -p "$BUILD/debug-kernel" "$work/root/root" "$work/root/jobs"
	build_debug_modules "$work" || return 1
	cp -a "$work/programs/." "$work/root/root/"
	cp -a "$work/jobs/." "$work/root/jobs/"
	cp "$TREE/scripts/debug-kernel.d/init" "$work/root/init"
	chmod +x "$work/root/init"
	cp "$DEBUG_KERNEL/bzImage" "$work/vmlinuz"
	# shellcheck disable=SC2016 # a script for sh in the root
	in_root debug-kernel sh -eu -c '
		cd "$1/root"
		mkdir -p bin dev proc sys tmp run etc var/tmp
		cp "$(command -v busybox)" bin/busybox
		for name in $(bin/busybox --list | grep -vx busybox); do ln -s busybox "bin/$name"; done
		echo root:x:0:0:root:/root:/bin/sh >etc/passwd
		find . | cpio --quiet -o -H newc >../initrd.img
	' sh "$work"
	rm -rf "$work/root"
}
