#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's part of scripts/demo: installs, measures, reboots, measures.

set -eu
export DEBIAN_FRONTEND=noninteractive

step() { printf '\n  --- %s\n' "$*"; }
fail() { printf '  NOT OK: %s\n' "$*"; exit 1; }

refreshes() { awk '$1 == "refreshes" { print $2 }' /proc/urt/stats; }

# nanoseconds PID: what the module says it used in user mode.
nanoseconds() { awk -v pid="$1:" '$1 == pid { print $2 }' /proc/urt/status; }

# ticks PID: the same from /proc/PID/stat, in hundredths of a second. The name may have blanks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 12; }

start_processes() {
	sh -c 'while :; do :; done' &
	busy=$!
	# One that really does something now and then.
	top -b -d 2 >/dev/null &
	idle=$!
	trap 'kill $busy $idle 2>/dev/null || true' EXIT
	usertime-register "$busy" "$idle" || fail "usertime-register failed"
	echo "  usertime-register $busy $idle"
}

# show_refreshes NUMBER: waits for each and compares. The busy process goes on running between the
# two readings, so its tick count may be ahead; behind by two ticks it may be, not more.
show_refreshes() {
	local n seen pid name ns tick earlier=0 busy_ns=0
	printf '  %-8s %6s  %-12s %20s %24s\n' refresh PID process '/proc/urt/status' '/proc/PID/stat (ticks)'
	for n in $(seq "$1"); do
		seen=$(refreshes)
		while [ "$(refreshes)" = "$seen" ]; do sleep 0.1; done
		for pid in $busy $idle; do
			ns=$(nanoseconds "$pid")
			tick=$(ticks "$pid")
			name='busy loop'
			[ "$pid" = "$busy" ] || name='top'
			[ -n "$ns" ] || fail "$name has no line in /proc/urt/status"
			printf '  %-8s %6d  %-12s %18d.%09d s %18d.%02d s\n' "$n" "$pid" "$name" \
				$((ns / 1000000000)) $((ns % 1000000000)) $((tick / 100)) $((tick % 100))
			[ $((ns / 10000000)) -le $((tick + 2)) ] || fail "$name: more than /proc/PID/stat says"
			if [ "$pid" = "$busy" ]; then busy_ns=$ns; fi
		done
		[ "$busy_ns" -gt "$earlier" ] || fail "the busy process's time does not grow"
		[ "$((ns * 2))" -lt "$busy_ns" ] || fail "the idle process is as busy as the busy one"
		earlier=$busy_ns
	done
}

measure() {
	step "a busy and a mostly idle process"
	start_processes
	show_refreshes "$1"
	kill "$busy" "$idle"
}

if [ -z "${AUTOPKGTEST_REBOOT_MARK-}" ]; then
	[ ! -e /proc/urt ] || fail "there is a /proc/urt before the installation"
	step "$(uname -sr): apt install usertime-dkms (builds the module here; an emulated machine takes a while)"
	apt-get -q -y install usertime-dkms >/tmp/apt.log 2>&1 || { tail -n 30 /tmp/apt.log; fail "apt"; }
	grep -E '^(Setting up usertime|Building|Installing|usertime)' /tmp/apt.log | sed 's/^/  /' || true
	[ -d /sys/module/usertime ] || fail "the module is not loaded"
	measure 3
	step "rebooting"
	/tmp/autopkgtest-reboot rebooted
else
	step "up again"
	[ -d /sys/module/usertime ] || fail "the module was not loaded at boot"
	echo "  $(lsmod | grep '^usertime')"
	measure 1
fi
