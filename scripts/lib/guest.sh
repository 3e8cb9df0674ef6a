# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# One guest's life: its disks are made, QEMU is started, what the agent reports is followed
# through reboots until the jobs are done. Silence is failure: every wait has an end.
#
# The caller defines what to do with the reports: on_begin JOB, on_line O|E JOB TEXT,
# on_end JOB STATUS.

# How long a guest may take to come up, or to go down.
BOOT_SECONDS=240

# What in a kernel log means that something went wrong.
KERNEL_COMPLAINTS='BUG:|WARNING:|Oops|Call Trace|possible recursive|possible circular|inconsistent lock state|general protection|stall(s|ed) on CPU|detected stall|Kernel panic|soft lockup|blocked for more than|refcount_t:|UBSAN:|KASAN:'

# prepare_guest SYSTEM WORK [DISK]: the directory WORK/data becomes the data disk; the other is an
# overlay on DISK, or on the system's image.
prepare_guest() {
	local system=$1 work=$2 disk=${3-} image size
	make_toolbox && make_image "$system" || return 1
	image=$(image_dir "$system")
	cp "$TREE/scripts/lib/agent.sh" "$work/data/agent"
	copy_tree "$work/data/tree"
	echo "${work##*.}" >"$work/data/tree.id"
	cp "$image/vmlinuz" "$image/initrd.img" "$work/"
	[ -n "$disk" ] || disk=$image/disk.raw
	size=$(du -sm "$work/data" | cut -f 1)
	# shellcheck disable=SC2016 # a script for sh in the toolbox
	toolbox sh -eu -c '
		mke2fs -q -t ext4 -O ^has_journal,^orphan_file -m 0 -d "$1/data" "$1/data.raw" "$2"
		qemu-img create -q -f qcow2 -b "$3" -F raw "$1/disk.qcow2"
	' sh "$work" "$((size * 5 / 4 + 16))M" "$disk"
	rm -rf "$work/data"
}

# run_guest ARCH WORK: 0 if all jobs were done, else 1; guest_verdict is the reason, and printed.
run_guest() {
	local verdict job=''
	take_slot
	while :; do
		start_qemu "$1" "$2"
		follow_guest "$2"
		case $verdict in
		reboot) next_kernel "$2" ;;
		done) stop_qemu; leave_slot; return 0 ;;
		*)
			stop_qemu
			leave_slot
			guest_verdict=$verdict
			guest_failed "$2" "$verdict"
			return 1
			;;
		esac
	done
}

# next_kernel WORK: the one that the guest has sent, if it has.
next_kernel() {
	[ ! -s "$1/boot.tar" ] || (
		cd "$1"
		tar -xf boot.tar
		mv vmlinuz-* vmlinuz
		mv initrd.img-* initrd.img
	)
}

guest_failed() {
	say "--- the guest $2; the last of its console:"
	tail -n 40 "$1/console" >&2 || true
	cat "$1/qemu.log" >&2
	say "---"
}

# follow_guest WORK: sets verdict to done, reboot, or what went wrong; job is the one it is in,
# which outlives a reboot.
follow_guest() {
	local line part='' leaving='' limit=$BOOT_SECONDS deadline status reports
	deadline=$((SECONDS + limit))
	exec {reports}< <(exec tail -q -n +1 -s 0.1 -f --pid="$QEMU_PID" "$1/port")
	verdict=
	while [ -z "$verdict" ]; do
		status=0
		IFS= read -r -t 1 -u "$reports" line || status=$?
		if [ "$status" -gt 128 ]; then # no whole line within the second
			part+=$line
			[ "$SECONDS" -lt "$deadline" ] || verdict="has been silent for $limit seconds${job:+ in $job}"
			continue
		elif [ "$status" -ne 0 ]; then # QEMU has ended
			verdict=${leaving:-has gone without a word}
			continue
		fi
		guest_reported "$part$line"
		part=''
	done
	exec {reports}<&-
}

# guest_reported LINE: belongs to follow_guest, whose variables it sets. A deadline is for the
# whole of a job: its output does not prolong it.
guest_reported() {
	case $1 in
	'O '* | 'E '*) on_line "${1%% *}" "$job" "${1#? }"; return ;;
	'boot '*) guest_kernel=${1#boot } limit=$seconds ;;
	'begin '*) job=${1#begin }; on_begin "$job" ;;
	'end '*) on_end "$job" "${1##* }"; job='' ;;
	prepare) leaving=reboot ;;
	reboot) leaving=reboot limit=$BOOT_SECONDS ;;
	'done') verdict='done' ;;
	'kernel '*) ;;
	*) verdict="said something strange: $1" ;;
	esac
	deadline=$((SECONDS + limit))
}

# kernel_log WORK JOB: the console since the job before it has ended, boots included, to the job's
# end. The console is slower than the port.
kernel_log() {
	local _
	for _ in $(seq 50); do
		! grep -qaE "testbed: end $2.?\$" "$1/console" || break
		sleep 0.1
	done
	tr -d '\r' <"$1/console" | awk -v job="$2" '
		{ log_ = log_ $0 "\n" }
		/testbed: end / { if ($NF == job) exit; log_ = "" }
		END { printf "%s", log_ }'
}

# unpack_artifacts WORK TO: archives of several jobs follow one another.
unpack_artifacts() {
	mkdir -p "$2"
	[ ! -s "$1/artifacts.tar" ] || tar -C "$2" --ignore-zeros -xf "$1/artifacts.tar"
	tr -d '\r' <"$1/console" >"$2/kernel.log"
}
