# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Sourced by every test: they run as root in a booted system, in the source tree, with the module
# loaded by its package. A test that finds no module has failed, unless it says module_absent=yes.

set -eu

: "${AUTOPKGTEST_TMP:=$(mktemp -d)}"
src=debian/tests/src
# The file offsets are for 32-bit programs.
TEST_CFLAGS="-std=gnu11 -O2 -Wall -Wextra -Werror -pthread -D_FILE_OFFSET_BITS=64 -I usertime/uapi"

fail() {
	echo "not ok - $*"
	exit 1
}

# ok TEXT COMMAND...: one check of a shell test.
ok() {
	ok_text=$1
	shift
	if "$@" >"$AUTOPKGTEST_TMP/ok.out" 2>&1; then
		echo "ok - $ok_text"
	else
		echo "not ok - $ok_text"
		sed 's/^/# /' "$AUTOPKGTEST_TMP/ok.out"
		failed=1
	fi
}

# The kernel's complaints so far. Counted, since a boot may bring some of its own.
kernel_complaints() {
	dmesg | grep -c -E 'BUG:|WARNING:|Oops|Call Trace|possible .* detected|unreferenced object' || :
}

require_module() {
	grep -q '^usertime ' /proc/modules || fail "the module is loaded (no usertime in /proc/modules)"
	[ -e /proc/urt/status ] || fail "the module is loaded (no /proc/urt/status)"
}

# Ends the test: with an error after any failure, or if the kernel complained meanwhile.
finish() {
	ok "the kernel log is clean" [ "$(kernel_complaints)" -eq "$complaints" ]
	exit "$failed"
}

# object NAME: what several tests share is compiled once in a testbed, as an emulated one takes long.
object() {
	object_dir=/var/tmp/usertime-tests/${CC:-gcc}-$(cat "$src"/*.[ch] usertime/uapi/*.h | cksum | tr ' ' -)
	if [ ! -e "$object_dir/$1.o" ]; then
		mkdir -p "$object_dir"
		# shellcheck disable=SC2086	# a list
		"${CC:-gcc}" $TEST_CFLAGS -c -o "$object_dir/$1.o" "$src/$1.c" || fail "$1.c compiles"
	fi
	objects="${objects-} $object_dir/$1.o"
}

# run_c NAME [OBJECT...]: builds (with CC, or gcc, and LDFLAGS) and runs the test program of that name.
run_c() {
	name=$1
	shift
	objects=
	for shared in urt tap "$@"; do object "$shared"; done
	# shellcheck disable=SC2086	# lists
	"${CC:-gcc}" $TEST_CFLAGS ${LDFLAGS-} -o "$AUTOPKGTEST_TMP/$name" "$src/$name.c" $objects ||
		fail "$name.c compiles"
	"$AUTOPKGTEST_TMP/$name" || failed=1
}

[ "$(id -u)" = 0 ] || fail "running as root"
failed=0
[ "${module_absent-}" = yes ] || require_module
complaints=$(kernel_complaints)
