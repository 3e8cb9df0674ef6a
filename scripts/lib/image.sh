# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cached disk images of Debian suites: a root directory, the disk made of it, and the kernel
# and initrd taken from its /boot.

# What a machine has on which one installs usertime: DKMS and a compiler, the kernel and its headers
# besides. Recommends are not installed with the base, so those that a real installation has are named.
# The last line is what tests compile with, which takes a guest longer to install.
IMAGE_PACKAGES="systemd-sysv dbus kmod udev initramfs-tools zstd procps util-linux sudo openssl \
dkms gcc make libc6-dev \
g++ pkgconf"
# For 32-bit programs.
FURTHER_COMPILER="gcc-i686-linux-gnu libc6-dev-i386-cross"

# image_dir SYSTEM
image_dir() { echo "$CACHE/images/$1"; }

# The hook runs with the root as $1. It leaves apt and dpkg configured as on any Debian, but for
# dpkg's fsync, and does what a first boot would do, once instead of at every boot of a copy.
image_hook() {
	cat <<-'EOT'
	#!/bin/sh
	set -eu
	root=$1
	rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
	echo testbed >"$root/etc/hostname"
	echo '127.0.0.1 localhost testbed' >"$root/etc/hosts"
	echo '/dev/vda / ext4 noatime 0 0' >"$root/etc/fstab"

	# The initrd of a virtual machine needs three modules, not all of them.
	echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/testbed"
	printf '%s\n' virtio_pci virtio_blk ext4 >>"$root/etc/initramfs-tools/modules"
	chroot "$root" update-initramfs -u -k all

	# DKMS would make its signing key at the first build.
	chroot "$root" dkms generate_mok || true

	# Nobody logs in, and nothing else may run in the middle of a measurement.
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer man-db.timer systemd-tmpfiles-clean.timer \
		systemd-pcrphase.service systemd-timesyncd.service systemd-networkd.service \
		systemd-logind.service modprobe@drm.service modprobe@efi_pstore.service \
		systemd-pstore.service sys-fs-fuse-connections.mount modprobe@fuse.service \
		dev-hugepages.mount systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
		getty@tty1.service serial-getty@ttyS0.service console-getty.service \
		ldconfig.service systemd-journal-catalog-update.service systemd-hwdb-update.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	chroot "$root" ldconfig
	touch "$root/etc/.updated" "$root/var/.updated"

	# What runs in the guest comes with each run, on its second disk.
	cat >"$root/etc/systemd/system/testbed.service" <<-'EOS'
	[Unit]
	Description=Runs the jobs of the data disk
	After=basic.target systemd-modules-load.service
	ConditionPathExists=/dev/disk/by-id/virtio-testbed
	[Service]
	Type=simple
	StandardInput=null
	StandardOutput=journal
	KillMode=process
	OOMScoreAdjust=-900
	ExecStartPre=/bin/mkdir -p /run/testbed
	ExecStartPre=/bin/mount -o ro /dev/disk/by-id/virtio-testbed /run/testbed
	ExecStart=/bin/bash /run/testbed/agent
	[Install]
	WantedBy=multi-user.target
	EOS
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf ../testbed.service "$root/etc/systemd/system/multi-user.target.wants/testbed.service"
	EOT
}

# make_image_root NAME SYSTEM [PACKAGES]: what a disk is made of; PACKAGES instead of the usual ones.
make_image_root() {
	system_root "$1" "$2" "image headers" "${3-$IMAGE_PACKAGES $([ "$(arch_of "$2")" != amd64 ] || echo "$FURTHER_COMPILER")}" \
		--skip=cleanup/apt/lists --customize-hook="$(hook_file "$(image_hook)")"
}

# make_image SYSTEM: nothing is done when it is there.
make_image() {
	local system=$1 name=image-$1 dir stamp
	dir=$(image_dir "$system")
	make_image_root "$name" "$system" || return 1
	stamp=$(stat -c %i.%Y "$(root_dir "$name")/.recipe")
	[ "$(cat "$dir/stamp" 2>/dev/null)" != "$stamp" ] || return 0
	make_toolbox || return 1
	mkdir -p "${dir%/*}"
	(
		flock 9
		[ "$(cat "$dir/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
		say "making the disk of $system (once)"
		make_disk "$(root_dir "$name")" "$dir.new" >"$dir.log" 2>&1 ||
			{ tail "$dir.log" >&2; die "cannot make the disk of $system"; }
		echo "$stamp" >"$dir.new/stamp"
		rm -rf "$dir"
		mv "$dir.new" "$dir"
	) 9>"$dir.lock"
}

# further_kernels SYSTEM: the image and headers packages, a line each, of two kernels of the image's
# flavour: the last two before its own that the archive still has both of.
further_kernels() {
	local flavour own found
	flavour=$(system_field "$1" 4)-$(arch_of "$1")
	make_image "$1" || return 1
	own=$(find "$(root_dir "image-$1")/boot" -name 'vmlinuz-*' -printf '%f\n' | sort -V | tail -n 1)
	own=${own#vmlinuz-}
	found=$({
		echo "$own"
		in_root "image-$1" apt-cache pkgnames linux- |
			sed -nE "s/^linux-(image|headers)-([0-9].*-$flavour)\$/\2/p" | sort | uniq -d
	} | sort -Vu | sed "/^$own\$/Q" | tail -n 2)
	[ "$(echo "$found" | wc -w)" -eq 2 ] || die "there are no two further kernels for $1"
	for own in $found; do printf 'linux-%s-%s\n' image "$own" headers "$own"; done
}

# make_disk ROOT DIRECTORY: bullseye's kernel cannot mount a file system with orphan_file. An
# empty machine-id, which mmdebstrap leaves, would make every boot of a copy a first one.
make_disk() {
	local kernel
	[ -s "$1/etc/machine-id" ] || echo "${1##*/}" | md5sum | cut -c 1-32 >"$1/etc/machine-id"
	rm -rf "$2"
	mkdir -p "$2"
	toolbox mke2fs -q -t ext4 -O ^orphan_file,^metadata_csum_seed -E lazy_itable_init=1,nodiscard \
		-m 0 -L root -d "$1" "$2/disk.raw" 8G || return 1
	kernel=$(find "$1/boot" -name 'vmlinuz-*' | sort -V | tail -n 1)
	cp "$kernel" "$2/vmlinuz"
	cp "${kernel%/*}/initrd.img-${kernel##*/vmlinuz-}" "$2/initrd.img"
}
