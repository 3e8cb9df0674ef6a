# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Sourced by every test: they run as root in a booted system, in the source tree, with the module
# loaded by its package. A test that finds no module has failed, unless it says module_absent=yes.

set -eu

: "${AUTOPKGTEST_TMP:=$(mktemp -d)}"
src=debian/tests/src

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

# run_c NAME [COMPILER-ARGS]: builds (with CC, or gcc) and runs the test program of that name.
run_c() {
	name=$1
	shift
	"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror -pthread -I usertime/uapi \
		-o "$AUTOPKGTEST_TMP/$name" "$src/$name.c" "$src/urt.c" "$src/tap.c" "$@" ||
		fail "$name.c compiles"
	"$AUTOPKGTEST_TMP/$name" || failed=1
}

[ "$(id -u)" = 0 ] || fail "running as root"
failed=0
[ "${module_absent-}" = yes ] || require_module
complaints=$(kernel_complaints)
