#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest, as root, at each boot: does the jobs of the data disk in order and reports
# on a virtio port of its own, a line at a time:
#
#   boot RELEASE          the guest is up
#   begin JOB, end JOB STATUS
#   O TEXT, E TEXT        standard output and error of the job
#   kernel RELEASE        the next boot shall use this one, which follows on the boot port
#   prepare               the job is about to reboot by itself
#   reboot                the guest reboots for the job, which goes on afterwards
#   done                  all jobs are done, or one that the others need has failed
#
# A job is a directory: command; depends (in apt's syntax); required; merge (standard error goes
# to standard output). State is kept on the disk, as a job may reboot. The file order, if there is
# one, has the jobs' names in order.

set -u
DATA=/run/testbed
STATE=/var/lib/testbed
PORTS=/dev/virtio-ports
export DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 HOME=/root USER=root
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

report() { printf '%s\n' "$*" >&3; }

first_boot() {
	mkdir -p "$STATE/done"
	rm -rf /var/lib/apt/lists/*
	: >/etc/apt/sources.list
	rm -f /etc/apt/sources.list.d/*
}

# What the data disk offers is what apt knows of. A disk can come from an earlier run, which had other
# packages to offer.
read_repo() {
	[ -d "$DATA/repo" ] && ! cmp -s "$DATA/repo/Packages" "$STATE/Packages" || return 0
	echo "deb [trusted=yes] file:$DATA/repo ./" >/etc/apt/sources.list
	apt-get -qq update
	cp "$DATA/repo/Packages" "$STATE/Packages"
}

# The jobs' directory: a copy of the tree, theirs to write in. A disk can come from an earlier run.
copy_tree() {
	! cmp -s "$DATA/tree.id" "$STATE/tree.id" || return 0
	rm -rf "$STATE/tree"
	cp -a "$DATA/tree" "$STATE/tree"
	cp "$DATA/tree.id" "$STATE/tree.id"
}

# The reboot contract of autopkgtest. A mark in "reboot" makes the agent reboot; one in
# "prepared" says that the job does so itself, once the agent has answered.
install_reboot_commands() {
	cat >/tmp/autopkgtest-reboot <<-EOT
		#!/bin/sh
		echo "\${1:?needs a mark}" >$STATE/reboot
		kill -KILL "-\$(cat $STATE/job.pid)"
	EOT
	cat >/tmp/autopkgtest-reboot-prepare <<-EOT
		#!/bin/sh
		rm -f $STATE/ready
		echo "\${1:?needs a mark}" >$STATE/prepared
		kill -USR1 "\$(cat $STATE/agent.pid)"
		while [ ! -e $STATE/ready ]; do sleep 0.1; done
	EOT
	chmod +x /tmp/autopkgtest-reboot /tmp/autopkgtest-reboot-prepare
}

# The newest kernel boots next, as with a boot loader, or the one that the file "kernel" names. Its
# initrd may be another one than at the last boot.
send_kernel() {
	local next
	next=$(find /boot -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n 1)
	[ ! -s "$STATE/kernel" ] || next=$(cat "$STATE/kernel")
	tar -C /boot -cf "$PORTS/testbed.boot" "vmlinuz-$next" "initrd.img-$next"
	report "kernel $next"
}

prepare_reboot() {
	send_kernel
	report prepare
	sync
	: >"$STATE/ready"
}

reboot_for_job() {
	send_kernel
	report reboot
	systemctl reboot
	sleep infinity
}

# stream PREFIX FILE PID: reports the lines of the file until the process has ended. Not a
# pipe, which would stay open for as long as any daemon that the job has left behind.
stream() {
	tail -q -s 0.1 -n +1 -f --pid="$3" "$2" | sed -u "s/^/$1 /" >&3
}

# satisfy JOB: installs what it depends on. That takes an emulated guest seconds even if it is all
# there, so nothing is done when the same was asked before and no package has changed since.
satisfy() {
	local depends=$DATA/jobs/$1/depends
	if cmp -s "$depends" "$STATE/satisfied" && [ "$STATE/satisfied" -nt /var/lib/dpkg/status ]; then
		return
	fi
	if apt-get -q -y satisfy "$(cat "$depends")" >"$STATE/apt.log" 2>&1; then
		cp "$depends" "$STATE/satisfied"
		return
	fi
	sed 's/^/E /' "$STATE/apt.log" >&3
	return 1
}

# run JOB MARK: its exit status.
run() {
	local job=$1 dir=$DATA/jobs/$1 out=$STATE/out err=$STATE/err pid streams status
	export AUTOPKGTEST_TMP=$STATE/tmp/$job AUTOPKGTEST_ARTIFACTS=$STATE/artifacts/$job
	export AUTOPKGTEST_REBOOT_MARK=$2
	[ -n "$2" ] || unset AUTOPKGTEST_REBOOT_MARK
	mkdir -p "$AUTOPKGTEST_TMP" "$AUTOPKGTEST_ARTIFACTS"
	: >"$out"
	: >"$err"
	[ ! -e "$dir/merge" ] || err=$out
	cd "$STATE/tree" || return 99
	setsid "$dir/command" >>"$out" 2>>"$err" </dev/null 3>&- &
	pid=$!
	echo "$pid" >"$STATE/job.pid"
	stream O "$out" "$pid" &
	streams=$!
	if [ "$err" != "$out" ]; then
		stream E "$err" "$pid" &
		streams="$streams $!"
	fi
	# A signal (of autopkgtest-reboot-prepare) interrupts wait.
	wait "$pid"
	status=$?
	while kill -0 "$pid" 2>/dev/null; do wait "$pid"; status=$?; done
	# shellcheck disable=SC2086 # a list
	wait $streams
	return "$status"
}

job() {
	local job=$1 mark='' status=0
	if [ -s "$STATE/mark" ]; then
		mark=$(cat "$STATE/mark")
		rm "$STATE/mark"
	else
		report "begin $job"
		echo "<4>testbed: begin $job" >/dev/kmsg
		[ ! -e "$DATA/jobs/$job/depends" ] || satisfy "$job" || status=100
	fi
	if [ "$status" -eq 0 ]; then
		run "$job" "$mark"
		status=$?
	fi
	if [ -s "$STATE/reboot" ]; then
		mv "$STATE/reboot" "$STATE/mark"
		reboot_for_job
	fi
	rm -f "$STATE/prepared"
	[ -z "$(ls -A "$STATE/artifacts/$job" 2>/dev/null)" ] ||
		tar -C "$STATE/artifacts" -c "$job" >&4
	: >"$STATE/done/$job"
	echo "<4>testbed: end $job" >/dev/kmsg
	report "end $job $status"
	if [ "$status" -ne 0 ] && [ -e "$DATA/jobs/$job/required" ]; then
		finish
	fi
}

finish() {
	report 'done'
	sleep infinity
}

for _ in $(seq 300); do
	[ ! -e "$PORTS/testbed" ] || break
	sleep 0.1
done
exec 3>"$PORTS/testbed" 4>"$PORTS/testbed.artifacts"
[ -d "$STATE/done" ] || first_boot
read_repo
copy_tree
echo $$ >"$STATE/agent.pid"
trap prepare_reboot USR1
[ ! -s "$STATE/prepared" ] || mv "$STATE/prepared" "$STATE/mark"
install_reboot_commands
report "boot $(uname -r)"
if [ -e "$DATA/order" ]; then jobs=$(cat "$DATA/order"); else jobs=$(ls "$DATA/jobs"); fi
for name in $jobs; do
	[ -e "$STATE/done/$name" ] || job "$name"
done
finish
