# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs tests on several systems at the same time.

# in_parallel FUNCTION NAME...: calls FUNCTION NAME for each, two at a time, as a guest keeps a
# processor busy; then, one after the other, ended NAME.
in_parallel() {
	local function=$1 name
	local -A running=()
	shift
	for name; do
		[ ${#running[@]} -lt 2 ] || await_one
		"$function" "$name" &
		running[$!]=$name
	done
	while [ ${#running[@]} -gt 0 ]; do await_one; done
}

# await_one: belongs to in_parallel, whose variables it uses.
await_one() {
	local pid
	wait -n -p pid "${!running[@]}" || true
	ended "${running[$pid]}"
	unset "running[$pid]"
}

# guest_tests NAME SYSTEM CPUS [TEST...]: runs them; a line for each, as of a check, is in
# build/matrix/NAME.log, with what a failed one said.
guest_tests() {
	local name=$1 log=$BUILD/matrix/$1.log options=(--system "$2" --cpus "$3")
	shift 3
	mkdir -p "${log%/*}"
	"$TREE/scripts/vm" test "${options[@]}" --artifacts "$BUILD/vm/test-${name/:/-}" "$@" 2>&1 </dev/null |
		sed -u "s/^PASS /ok - $name: /; s/^FAIL /not ok - $name: /
			/^[0-9]* passed, [0-9]* failed\$/d" >"$log" || true
	grep -qE '^(not )?ok - ' "$log" || echo "not ok - $name: no test was run" >>"$log"
}
