# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs tests of debian/tests/control in guests, as autopkgtest does.

# test_table: a line for each test: NAME|COMMAND|DEPENDS|RESTRICTIONS. Fields may go on over
# several lines; a stanza names several tests, or has one Test-Command.
test_table() {
	awk '
	function flush(   n, i, names, directory) {
		gsub(/,/, " ", value["tests"])
		gsub(/[,\t]/, " ", value["restrictions"])
		if (!("depends" in value)) value["depends"] = "@"
		directory = ("tests-directory" in value) ? value["tests-directory"] : "debian/tests"
		n = split(value["tests"], names, " ")
		for (i = 1; i <= n; i++)
			print names[i] "|exec " directory "/" names[i] "|" value["depends"] "|" value["restrictions"]
		if ("test-command" in value) {
			name = "command" ++commands
			if (match(value["features"], /test-name=[^, ]+/))
				name = substr(value["features"], RSTART + 10, RLENGTH - 10)
			print name "|" value["test-command"] "|" value["depends"] "|" value["restrictions"]
		}
		split("", value)
	}
	/^#/ { next }
	/^[ \t]*$/ { flush(); next }
	/^[ \t]/ { value[field] = value[field] " " $0; next }
	{
		field = tolower($0); sub(/:.*/, "", field)
		text = $0; sub(/^[^:]*:[ \t]*/, "", text)
		value[field] = text
	}
	END { flush() }' "$TREE/debian/tests/control"
}

# expand_depends TEXT: @ is all packages of ours, @builddeps@ what they are built with.
expand_depends() {
	local text=$1
	text=${text//@builddeps@/$(build_depends | sed 's/ /, /g')}
	text=${text//@/$(binary_packages | sed 's/ /, /g')}
	printf '%s' "$text" | tr -s ' \t' ' '
}

# read_tests NAME...: fills the tables below from the control file, for those named or all.
declare -A TEST_COMMAND TEST_DEPENDS TEST_RESTRICTIONS
read_tests() {
	local name command depends restrictions restriction
	TESTS=()
	while IFS='|' read -r name command depends restrictions; do
		for restriction in $restrictions; do
			case $restriction in
			needs-root | isolation-machine | isolation-container | needs-reboot) ;;
			breaks-testbed | allow-stderr | rw-build-tree | superficial) ;;
			*) die "debian/tests/control: $name has the restriction $restriction, which is not known here" ;;
			esac
		done
		TEST_COMMAND[$name]=$command
		TEST_DEPENDS[$name]=$(expand_depends "$depends")
		TEST_RESTRICTIONS[$name]=" ${restrictions//$'\t'/ } "
		[ $# -gt 0 ] || TESTS+=("$name")
	# An alternative of a dependency is no separator.
	done < <(test_table | sed 's/ | / ~ /g')
	for name; do
		[ -n "${TEST_COMMAND[$name]-}" ] || die "debian/tests/control has no test $name"
		TESTS+=("$name")
	done
	for name in "${TESTS[@]}"; do TEST_DEPENDS[$name]=${TEST_DEPENDS[$name]//\~/|}; done
	[ ${#TESTS[@]} -gt 0 ] || die "debian/tests/control has no tests"
}

has_restriction() { case ${TEST_RESTRICTIONS[$1]} in *" $2 "*) ;; *) return 1 ;; esac; }

add_test() {
	printf '#!/bin/bash -e\n%s\n' "${TEST_COMMAND[$1]}" | add_job "$1"
	printf '%s\n' "${TEST_DEPENDS[$1]}" >"$WORK/data/jobs/$1/depends"
}

# all_depends: of all the tests to be run.
all_depends() {
	local name
	for name in "${TESTS[@]}"; do printf '%s\n' "${TEST_DEPENDS[$name]}"; done | sort -u | paste -sd , -
}

# report_test NAME STATUS: judges the one that has ended.
report_test() {
	local name=$1 status=$2 reason='' took=$((SECONDS - test_began)) log=$artifacts/$1.kernel.log complaints
	kernel_log "$WORK" "$name" >"$log"
	if complaints=$(grep -aE "$KERNEL_COMPLAINTS" "$log"); then reason="the kernel complained: ${complaints%%$'\n'*}"; fi
	if [ -s "$artifacts/$name.err" ] && ! has_restriction "$name" allow-stderr; then
		reason="wrote to standard error"
	fi
	[ "$status" = 0 ] || reason="status $status"
	if [ -z "$reason" ]; then
		echo "PASS $name ($took s)"
		passed=$((passed + 1))
	else
		fail_test "$name" "$reason" "$took"
	fi
}

# fail_test NAME REASON SECONDS
fail_test() {
	echo "FAIL $1 ($3 s): $2"
	failed=$((failed + 1))
	{
		tail -n 100 "$artifacts/$1.out" | sed 's/^/  | /'
		tail -n 50 "$artifacts/$1.err" | sed 's/^/  ! /'
		tail -n 30 "$artifacts/$1.kernel.log" | sed 's/^/  k /'
	} 2>/dev/null || true
}

# run_group [--on DISK] NAME...: in one guest. One that ends too early fails the test it was in;
# the rest goes on in a new one.
run_group() {
	local disk='' pending=() name current='' test_began=$SECONDS ended=() guest_verdict=''
	if [ "$1" = --on ]; then disk=$2; shift 2; fi
	on_begin() { current=$1 test_began=$SECONDS; : >"$artifacts/$1.out"; : >"$artifacts/$1.err"; }
	on_line() {
		case $1 in
		O) printf '%s\n' "$3" >>"$artifacts/$2.out" ;;
		E) printf '%s\n' "$3" >>"$artifacts/$2.err" ;;
		esac
	}
	on_end() { ended+=("$1"); current=''; report_test "$1" "$2"; }
	pending=("$@")
	while [ ${#pending[@]} -gt 0 ]; do
		new_work
		for name in "${pending[@]}"; do add_test "$name"; done
		# The order of the control file.
		printf '%s\n' "${pending[@]}" >"$WORK/data/order"
		make_repo "$suite" "$WORK/data/repo" "$(all_depends)"
		prepare_guest "$suite" "$WORK" "$disk"
		ended=()
		if ! run_guest "$suite" "$WORK"; then
			# Between tests, when it came up or went down: the next guest would do the same.
			for name in ${current:-"${pending[@]:${#ended[@]}}"}; do
				fail_test "$name" "the guest $guest_verdict" $((SECONDS - test_began))
				ended+=("$name")
			done
		fi
		unpack_artifacts "$WORK" "$artifacts/guest-${pending[0]}"
		rm -rf "$WORK"
		pending=("${pending[@]:${#ended[@]}}")
	done
}

# add_installation: a test of its own, so that its time is not the first test's.
add_installation() {
	TEST_DEPENDS[installation]=$(all_depends)
	TEST_COMMAND[installation]=true
	TEST_RESTRICTIONS[installation]=' allow-stderr '
}

run_tests() {
	local name shared=() alone=() on=() passed=0 failed=0
	read_tests "$@"
	: "${artifacts:=$BUILD/vm/test-$suite-$cpus}"
	rm -rf "$artifacts"
	mkdir -p "$artifacts"
	for name in "${TESTS[@]}"; do
		if has_restriction "$name" breaks-testbed; then alone+=("$name"); else shared+=("$name"); fi
	done
	# Tests that break their testbed each start with an overlay on a disk that has all installed,
	# and so do those asked for by name; a whole run installs as a user does.
	if [ ${#alone[@]} -gt 0 ] || [ $# -gt 0 ]; then prepare_disk "$suite" "$(all_depends)"; fi
	if [ $# -gt 0 ]; then
		on=(--on "$PREPARED")
	elif [ ${#shared[@]} -gt 0 ]; then
		add_installation
		shared=(installation "${shared[@]}")
	fi
	[ ${#shared[@]} -eq 0 ] || run_group "${on[@]}" "${shared[@]}"
	for name in "${alone[@]}"; do run_group --on "$PREPARED" "$name"; done
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
