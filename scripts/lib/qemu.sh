# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Starting QEMU (the toolbox's) on an image.

# kvm_works DIRECTORY: /dev/kvm can exist, open and even create a machine whose guest then hangs, so
# only a guest that boots tells, with the kernel that is there. Asked once per boot of the host.
kvm_works() {
	local verdict log dir=$1
	[ -w /dev/kvm ] || return 1
	verdict=$CACHE/kvm.$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$verdict" ]; then
		log=$(mktemp "$CACHE/kvm-log.XXXXXX")
		rm -f "$CACHE"/kvm.*
		toolbox timeout -s KILL 20 qemu-system-x86_64 -accel kvm -cpu max -m 512 -nodefaults \
			-no-user-config -no-reboot -display none -serial "file:$log" \
			-kernel "$dir/vmlinuz" -initrd "$dir/initrd.img" \
			-append 'console=ttyS0 panic=-1 rdinit=/bin/poweroff' >/dev/null 2>&1 || true
		if grep -q 'reboot: Power down' "$log"; then echo yes; else echo no; fi >"$verdict.$$"
		mv "$verdict.$$" "$verdict"
		rm -f "$log"
	fi
	[ "$(cat "$verdict")" = yes ]
}

# accelerator ARCH DIRECTORY: QEMU's options for it, one a line. Below QEMU 8 thread=multi corrupts guests;
# the toolbox has 10. Under icount the processor's fast string flags are off: with them one
# instruction is counted for each byte.
accelerator() {
	if [ "$1" = arm64 ] && [ -n "$icount" ]; then
		printf '%s\n' -accel tcg,thread=single -icount shift=0,sleep=off -cpu cortex-a72
	elif [ "$1" = arm64 ]; then
		printf '%s\n' -accel tcg,thread=multi,tb-size=512 -cpu cortex-a72
	elif [ -n "$icount" ]; then
		printf '%s\n' -accel tcg,thread=single -icount shift=0,sleep=off \
			-cpu max,-erms,-fsrm,-fsrs,-fzrm
	elif kvm_works "$2"; then
		printf '%s\n' -accel kvm -cpu host
	else
		printf '%s\n' -accel tcg,thread=multi,tb-size=512 -cpu max,-svm
	fi
}

# An emulated processor can stand still for seconds while the host runs something else, and its
# clock goes on: the watchdogs for stalled processors, queues and tasks, and the one that compares
# clocks, would report the host's load as the kernel's fault. Nothing else is relaxed.
PATIENCE='rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=60 workqueue.watchdog_thresh=300 tsc=reliable'

# The mitigations cost an emulator much and guard nothing here. Without the BPF security module
# systemd does not spend two seconds on loading its programs.
KERNEL_ARGUMENTS="root=/dev/vda rw loglevel=7 printk.devkmsg=on panic=-1 \
fsck.mode=skip audit=0 mitigations=off lsm=lockdown,landlock,yama,apparmor \
systemd.show_status=0 $PATIENCE"

# take_slot: at most one guest for each processor of the host runs at a time (or as many as
# USERTIME_GUESTS says); more would only slow each other down until their timeouts pass.
take_slot() {
	local n told=''
	while :; do
		for n in $(seq "${USERTIME_GUESTS:-$(nproc)}"); do
			exec {SLOT}>"$CACHE/slot.$n"
			! flock -n "$SLOT" || return 0
			exec {SLOT}>&-
		done
		[ -n "$told" ] || say "waiting for another guest to end"
		told=1
		sleep 1
	done
}

leave_slot() { exec {SLOT}>&-; }

# Without what the guest would only spend time on finding empty. For the same reason it is not told
# that it could run guests of its own.
declare -A MACHINE=(
	[amd64]='q35,sata=off,smbus=off,i8042=off,vmport=off'
	[arm64]='virt,gic-version=3'
)
declare -A QEMU=([amd64]=qemu-system-x86_64 [arm64]=qemu-system-aarch64)
declare -A CONSOLE=([amd64]=ttyS0 [arm64]=ttyAMA0)

# start_qemu ARCH WORK: runs it in the background, sets QEMU_PID. WORK has vmlinuz and initrd.img, and
# perhaps a disk, a data disk and a firmware's variables; the guest's console and ports become files
# there.
start_qemu() {
	local arch=$1 work=$2 options boot disks=() arguments
	arguments="console=${CONSOLE[$arch]} $KERNEL_ARGUMENTS $append"
	mapfile -t options < <(accelerator "$arch" "$work")
	if [ -e "$work/firmware" ]; then
		make_boot_disk "$work" "$arguments"
		mapfile -t boot < <(firmware_options "$work")
	else
		boot=(-kernel "$work/vmlinuz" -initrd "$work/initrd.img" -append "$arguments")
	fi
	if [ -e "$work/disk.qcow2" ]; then
		# shellcheck disable=SC2054 # commas are QEMU's
		disks=(-drive "file=$work/disk.qcow2,if=none,id=disk,cache=unsafe,discard=unmap"
			-device virtio-blk-pci,drive=disk
			-drive "file=$work/data.raw,if=none,id=data,format=raw,readonly=on"
			-device virtio-blk-pci,drive=data,serial=testbed)
	fi
	: >"$work/port"
	: >"$work/boot.tar"
	root_command toolbox "${QEMU[$arch]}" "${options[@]}" \
		-M "${MACHINE[$arch]}" -smp "$cpus" -m "$memory" \
		-nodefaults -no-user-config -no-reboot -display none -net none \
		"${disks[@]}" "${boot[@]}" \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		-chardev "file,id=console,path=$work/console,append=on" -serial chardev:console \
		-device virtio-serial-pci \
		-chardev "file,id=port,path=$work/port" \
		-device virtserialport,chardev=port,name=testbed \
		-chardev "file,id=artifacts,path=$work/artifacts.tar,append=on" \
		-device virtserialport,chardev=artifacts,name=testbed.artifacts \
		-chardev "file,id=boot,path=$work/boot.tar" \
		-device virtserialport,chardev=boot,name=testbed.boot
	"${ROOT_COMMAND[@]}" </dev/null >"$work/qemu.log" 2>&1 &
	QEMU_PID=$!
}

# unshare ignores SIGTERM; its child, and so QEMU, goes with it.
stop_qemu() {
	[ -n "${QEMU_PID-}" ] || return 0
	kill -KILL "$QEMU_PID" 2>/dev/null || true
	wait "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
}
