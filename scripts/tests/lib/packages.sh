# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Sourced by the tests that install, upgrade and remove the packages, after the checks that every
# test shares. What apt, dpkg or DKMS said last is in $log, which outlives a reboot.
# shellcheck disable=SC2034	# used by the tests
# shellcheck source=debian/tests/lib/common.sh
. debian/tests/lib/common.sh

current=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
previous=$current~previous
running=$(uname -r)
log=$AUTOPKGTEST_TMP/log

in_use='in use, so the old version stays loaded: the next boot loads the new one'

worker='' poller=''
trap 'kill $worker $poller 2>/dev/null || :' EXIT

# note TEXT: how long the steps took is in the output.
note() {
	echo "# $(cut -d . -f 1 /proc/uptime) s: $*"
}

# logged COMMAND...: its output goes to $log, and to the test's if it fails.
logged() {
	logged_status=0
	"$@" >"$log" 2>&1 </dev/null || logged_status=$?
	[ "$logged_status" -eq 0 ] || cat "$log"
	return "$logged_status"
}

# fails COMMAND...: true if it does.
fails() {
	! logged "$@"
}

apt() {
	logged apt-get -q -y --allow-downgrades "$@"
}

# install_version VERSION [OPTION...]
install_version() {
	wanted_version=$1
	shift
	apt install "$@" "usertime-dkms=$wanted_version" "usertime-tools=$wanted_version" \
		"libusertime1=$wanted_version"
}

# told TEXT: among the messages of the maintainer scripts one has the text, and there is no other.
told() {
	grep '^usertime: ' "$log"
	[ "$(grep -c '^usertime: ' "$log")" -eq 1 ] && grep -q "^usertime: .*$1" "$log"
}

told_nothing() {
	! grep '^usertime: ' "$log"
}

# state PACKAGE: dpkg's two letters for it; "none" if it knows nothing of it.
state() {
	state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | tr -d ' ')
	echo "${state:-none}"
}

# in_state PACKAGE STATE...: one of them.
in_state() {
	in_state=$(state "$1")
	echo "$1: $in_state"
	shift
	case " $* " in *" $in_state "*) ;; *) return 1 ;; esac
}

# Every package is installed as it should be, or removed down to its configuration, and no unit has
# failed.
nothing_amiss() {
	! dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | grep -v -e '^ii ' -e '^rc ' -e '^un ' &&
		! systemctl --failed --no-legend --plain | grep .
}

# sane TEXT: holds after each step.
sane() {
	note "$1"
	ok "$1: every package configured, no unit failed" nothing_amiss
}

# all_but_state FIND-EXPRESSION...: of what is on the disk, except
#   /var/lib/testbed         this test's own
#   /tmp, /var/tmp           anybody's, and emptied by the system
#   /var/log                 what happened stays written there
#   /var/cache, /var/lib/apt, /var/lib/dpkg/*-old   apt's and dpkg's own account of the world
#   /var/lib/systemd         seeds and time stamps of units
# dpkg's own files of the packages count. Other file systems are not on the disk.
all_but_state() {
	find / -xdev \( -path /var/lib/testbed -o -path /tmp -o -path /var/tmp -o -path /var/log -o \
		-path /var/cache -o -path /var/lib/apt -o -path '/var/lib/dpkg/*-old' -o \
		-path /var/lib/systemd \) -prune -o "$@" | LC_ALL=C sort
}

# Names, types, modes, owners and link targets. DKMS's key was there before our packages.
all_files() {
	all_but_state -printf '%p %y %M %u:%g %l\n'
}

# nothing_of_ours LIST: nothing has our name, be it in a list of all files or in an index of the modules.
nothing_of_ours() {
	! grep usertime "$1" && ! grep -l usertime /lib/modules/*/modules.*
}

srcversion() {
	cat /sys/module/usertime/srcversion
}

loaded_version() {
	cat /sys/module/usertime/version
}

# loaded_is VERSION: that one runs, and works; "installed_is" is about the file for the kernel that runs.
loaded_is() {
	echo "loaded: $(loaded_version)"
	[ "$(loaded_version)" = "$1" ] && grep -q '^targets ' /proc/urt/stats
}

installed_is() {
	modinfo usertime
	[ "$(modinfo -F version usertime)" = "$1" ]
}

not_loaded() {
	! grep '^usertime' /proc/modules && [ ! -e /sys/module/usertime ] && [ ! -e /proc/urt ]
}

# The two differ for other reasons than the version too: the source is what counts.
loaded_is_installed() {
	echo "$(srcversion), installed $(modinfo -F srcversion usertime)"
	[ -n "$(srcversion)" ] && [ "$(srcversion)" = "$(modinfo -F srcversion usertime)" ]
}

# further_kernels: those that apt can install, oldest first.
further_kernels() {
	apt-cache pkgnames linux-headers- | sed -n 's/^linux-headers-\([0-9].*64\)$/\1/p' |
		grep -vxF "$running" | sort -V
}

module_files() {
	find /lib/modules/ -name 'usertime*.ko*'
}

# has_module KERNEL: DKMS says so, and the file is one for that kernel.
has_module() {
	dkms status -m usertime -k "$1" | grep ': installed' || return 1
	magic=$(modinfo -k "$1" -F vermagic usertime) || return 1
	echo "vermagic $magic"
	[ "${magic%% *}" = "$1" ]
}

has_no_module() {
	! dkms status -m usertime -k "$1" | grep -F "$1" && ! modinfo -k "$1" usertime
}

parameter() {
	cat "/sys/module/usertime/parameters/$1"
}

set_parameter() {
	echo "$2" >"/sys/module/usertime/parameters/$1"
}

# worker: starts a process that computes now and then, as a build runs beside it; sets worker to its
# number.
worker() {
	sh -c 'while :; do
		i=0
		while [ $i -lt 5000 ]; do i=$((i + 1)); done
		sleep 0.3
	done' &
	worker=$!
}

value() {
	sed -n "s/^$1: //p" /proc/urt/status
}

# measured PID: what is shown of it grows, by a refresh or two.
measured() {
	value_then=$(value "$1")
	for _ in $(seq 100); do
		value_now=$(value "$1")
		[ "${value_now:-0}" -le "${value_then:-0}" ] || break
		sleep 0.2
	done
	echo "$1: $value_then, then $value_now"
	[ -n "$value_then" ] && [ "$value_now" -gt "$value_then" ]
}

# works: a process can be registered, is measured, and gone from the list at the end.
works() {
	worker
	usertime-register "$worker" && measured "$worker" && usertime-register --remove "$worker" &&
		[ -z "$(value "$worker")" ]
	works_status=$?
	kill "$worker"
	return "$works_status"
}

reboot_for() {
	[ -x /tmp/autopkgtest-reboot ] || fail "the testbed can reboot"
	# The failures so far, which the next boot would not know of.
	echo "$failed" >"$AUTOPKGTEST_TMP/failed"
	note "reboot"
	/tmp/autopkgtest-reboot "$1"
	fail "the system goes down when asked to"
}

if [ -n "${AUTOPKGTEST_REBOOT_MARK-}" ]; then failed=$(cat "$AUTOPKGTEST_TMP/failed"); fi
