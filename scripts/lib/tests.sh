# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs tests in guests as autopkgtest does: those of debian/tests/control, and those of
# scripts/tests/control, which want more of their testbed than autopkgtest can give. The latter has
# the same form and a few more fields:
#
#   X-Offers            packages that apt finds in the guest; "previous" stands for ours of an
#                       earlier version, "kernels" for two further kernels with their headers,
#                       "signed-repository" for what scripts/repo makes, in /run/testbed/apt
#   X-Kernel-Arguments  further ones for the guest's kernel
#   X-Secure-Boot       the guest boots with it, and the key that DKMS signs with is an unknown-key or
#                       enrolled
#   X-Seconds           longest time from boot to boot, where the usual one may be too short
#   X-Systems           where the test runs: others leave it out

# test_table CONTROL: a line for each test: NAME|COMMAND|DEPENDS|RESTRICTIONS|OFFERS|ARGUMENTS|
# SECURE-BOOT|SECONDS|SYSTEMS|ARCHITECTURES.
# Fields may go on over several lines; a stanza names several tests, or has one Test-Command.
test_table() {
	awk '
	function rest() {
		return value["depends"] "|" value["restrictions"] "|" value["x-offers"] "|" \
			value["x-kernel-arguments"] "|" value["x-secure-boot"] "|" value["x-seconds"] "|" \
			value["x-systems"] "|" value["architecture"]
	}
	function flush(   n, i, names, directory) {
		gsub(/,/, " ", value["tests"])
		gsub(/[,\t]/, " ", value["restrictions"])
		if (!("depends" in value)) value["depends"] = "@"
		directory = ("tests-directory" in value) ? value["tests-directory"] : "debian/tests"
		n = split(value["tests"], names, " ")
		for (i = 1; i <= n; i++)
			print names[i] "|exec " directory "/" names[i] "|" rest()
		if ("test-command" in value) {
			name = "command" ++commands
			if (match(value["features"], /test-name=[^, ]+/))
				name = substr(value["features"], RSTART + 10, RLENGTH - 10)
			print name "|" value["test-command"] "|" rest()
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
	END { flush() }' "$TREE/$1"
}

# expand_depends TEXT: @ is all packages of ours, @builddeps@ what they are built with.
expand_depends() {
	local text=$1
	text=${text//@builddeps@/$(build_depends | sed 's/ /, /g')}
	text=${text//@/$(binary_packages | sed 's/ /, /g')}
	printf '%s' "$text" | tr -s ' \t' ' '
}

# read_tests NAME...: fills the tables below from the control files, for those named or all of
# debian/tests (with packaging set, of scripts/tests).
declare -A TEST_COMMAND TEST_DEPENDS TEST_RESTRICTIONS TEST_OFFERS TEST_ARGUMENTS TEST_SECURE_BOOT \
	TEST_SECONDS
read_tests() {
	local name
	TESTS=()
	read_control debian/tests/control
	[ $# -gt 0 ] || [ -n "${packaging-}" ] || TESTS=("${FOUND[@]}")
	# What the packages and all the tests of debian/tests depend on is on a prepared disk.
	PREPARED_DEPENDS=$(for name in "${FOUND[@]}"; do printf '%s\n' "${TEST_DEPENDS[$name]}"; done |
		sort -u | paste -sd , -)
	read_control scripts/tests/control
	[ $# -gt 0 ] || [ -z "${packaging-}" ] || TESTS=("${FOUND[@]}")
	for name; do
		[ -n "${TEST_COMMAND[$name]-}" ] || die "there is no test $name"
		TESTS+=("$name")
	done
	[ ${#TESTS[@]} -gt 0 ] || die "there are no tests for $system"
}

# read_control FILE: FOUND is the names of the tests in it.
read_control() {
	local name command depends restrictions restriction offers arguments secure longest systems arches
	FOUND=()
	while IFS='|' read -r name command depends restrictions offers arguments secure longest systems arches; do
		for restriction in $restrictions; do
			case $restriction in
			needs-root | isolation-machine | isolation-container | needs-reboot) ;;
			breaks-testbed | allow-stderr | rw-build-tree | superficial) ;;
			*) die "$1: $name has the restriction $restriction, which is not known here" ;;
			esac
		done
		case " ${systems:-$system} " in *" $system "*) ;; *) continue ;; esac
		case " ${arches:-$(arch_of "$system")} " in *" $(arch_of "$system") "*) ;; *) continue ;; esac
		depends=$(expand_depends "$depends")
		TEST_COMMAND[$name]=$command
		TEST_DEPENDS[$name]=${depends//\~/|}
		TEST_RESTRICTIONS[$name]=" ${restrictions//$'\t'/ } "
		TEST_OFFERS[$name]=$offers
		TEST_ARGUMENTS[$name]=$arguments
		TEST_SECURE_BOOT[$name]=$secure
		TEST_SECONDS[$name]=${longest:-0}
		FOUND+=("$name")
	# An alternative of a dependency is no separator.
	done < <(test_table "$1" | sed 's/ | / ~ /g')
}

has_restriction() { case ${TEST_RESTRICTIONS[$1]} in *" $2 "*) ;; *) return 1 ;; esac; }

add_test() {
	printf '#!/bin/bash -e\n%s\n' "${TEST_COMMAND[$1]}" | add_job "$1"
	printf '%s\n' "${TEST_DEPENDS[$1]}" >"$WORK/data/jobs/$1/depends"
}

# offers_of NAME...: the packages that these tests want to be offered, in apt's syntax.
offers_of() {
	local name word
	for name; do
		for word in ${TEST_OFFERS[$name]//,/ }; do
			case $word in
			previous | signed-repository) ;;
			kernels) further_kernels "$system" || return 1 ;;
			*) echo "$word" ;;
			esac
		done
	done | sort -u | paste -sd , -
}

# offers NAME WHAT: whether the test wants that.
offers() { case " ${TEST_OFFERS[$1]} " in *[\ ,]"$2"[\ ,]*) ;; *) return 1 ;; esac; }

# signed_repositories DIR: before (of an earlier version), after (of the tree's as well), stranger (the
# same with another key), and commands, which is what users of the first are told.
signed_repositories() {
	local dir=$1 packages
	packages=$(packages_system "$system")
	publish() { USERTIME_KEY=$WORK/$1.key "$TREE/scripts/repo" --url http://127.0.0.1:8000 "${@:2}" "$packages"; }
	mkdir "$dir" &&
		publish own --previous "$dir/before" >"$dir/commands" &&
		cp -a "$dir/before" "$dir/after" && publish own "$dir/after" >/dev/null &&
		cp -a "$dir/after" "$dir/stranger" && publish other "$dir/stranger" >/dev/null
}

# test_repo NAME...: the repository of a guest that runs these.
test_repo() {
	local name depends offers previous
	for name; do
		! offers "$name" previous || previous=1
		! offers "$name" signed-repository || signed_repositories "$WORK/data/apt" || return 1
	done
	offers=$(offers_of "$@") || return 1
	make_repo "$system" "$WORK/data/repo" "$PREPARED_DEPENDS${offers:+, $offers}" ${previous:+previous}
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
		test_repo "${pending[@]}"
		prepare_guest "$system" "$WORK" "$disk"
		[ -z "${TEST_SECURE_BOOT[${pending[0]}]}" ] ||
			make_firmware "$system" "$WORK" "${TEST_SECURE_BOOT[${pending[0]}]}"
		ended=()
		if ! run_guest "$(arch_of "$system")" "$WORK"; then
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

# installation NAME...: a test of its own, where not only some are asked for.
installation() {
	local began=$SECONDS
	if prepare_disk "$system" "$PREPARED_DEPENDS" >"$artifacts/installation.out" 2>&1; then
		[ $# -eq 0 ] || return 0
		echo "PASS installation ($((SECONDS - began)) s)"
		passed=$((passed + 1))
	else
		fail_test installation "the packages could not be installed" $((SECONDS - began))
		return 1
	fi
}

# Tests that break their testbed (those that want a boot of their own do, too) each have a guest of
# their own; the others share one.
run_tests() {
	local name shared=() alone=() passed=0 failed=0 arguments=$append usual=$seconds
	read_tests "$@"
	: "${artifacts:=$BUILD/vm/test-$system-$cpus}"
	mkdir -p "$artifacts"
	for name in "${TESTS[@]}"; do
		if has_restriction "$name" breaks-testbed; then
			alone+=("$name")
		else
			shared+=("$name")
		fi
	done
	if installation "$@"; then
		[ ${#shared[@]} -eq 0 ] || run_group --on "$PREPARED" "${shared[@]}"
		for name in "${alone[@]}"; do
			append="$arguments ${TEST_ARGUMENTS[$name]}"
			seconds=$((TEST_SECONDS[$name] > usual ? TEST_SECONDS[$name] : usual))
			run_group --on "$PREPARED" "$name"
		done
	fi
	echo "kernel ${guest_kernel-unknown}"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
