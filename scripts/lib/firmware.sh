# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Guests with UEFI Secure Boot, as on a machine that one buys: the firmware knows Microsoft's keys,
# which have signed Debian's shim; that knows Debian's, which has signed GRUB and the kernel; and the
# machine owner's, which in a guest that is "enrolled" is the one that DKMS signs modules with.

make_firmware_root() {
	make_root firmware trixie \
		"ovmf python3-virt-firmware shim-signed grub-efi-amd64-signed mtools dosfstools openssl"
}

# make_firmware SYSTEM WORK unknown-key|enrolled: the firmware's variables, in WORK/firmware. What
# mokutil and shim's MokManager do at the console, which nobody sits at, is done to them beforehand.
make_firmware() {
	make_firmware_root || return 1
	cp "$(root_dir "image-$1")/var/lib/dkms/mok.pub" "$2/mok.der"
	# shellcheck disable=SC2016 # a script for sh in the root
	in_root firmware sh -eu -c '
		cd "$1"
		openssl x509 -inform DER -in mok.der -out mok.pem
		case $2 in
		enrolled) set -- --add-mok "$(cat /proc/sys/kernel/random/uuid)" mok.pem ;;
		*) set -- ;;
		esac
		virt-fw-vars -i /usr/share/OVMF/OVMF_VARS_4M.ms.fd -o firmware --secure-boot "$@"
	' sh "$2" "$3" >"$2/firmware.log" 2>&1 || { cat "$2/firmware.log" >&2; return 1; }
}

# make_boot_disk WORK ARGUMENTS: the EFI system partition, with WORK's kernel and initrd.
make_boot_disk() {
	# shellcheck disable=SC2016 # a script for sh in the root
	in_root firmware sh -eu -c '
		cd "$1"
		rm -f esp.raw
		truncate -s 128M esp.raw
		mkfs.vfat -F 32 esp.raw
		mmd -i esp.raw ::/EFI ::/EFI/BOOT ::/EFI/debian
		mcopy -i esp.raw /usr/lib/shim/shimx64.efi.signed ::/EFI/BOOT/BOOTX64.EFI
		mcopy -i esp.raw /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed ::/EFI/BOOT/grubx64.efi
		printf "%s\n" "set timeout=0" "linux /vmlinuz $2" "initrd /initrd.img" boot >grub.cfg
		mcopy -i esp.raw grub.cfg ::/EFI/debian/grub.cfg
		mcopy -i esp.raw vmlinuz initrd.img ::/
	' sh "$1" "$2" >"$1/firmware.log" 2>&1 || { cat "$1/firmware.log" >&2; return 1; }
}

# firmware_options WORK: for QEMU, one a line; instead of a kernel. Only code in system management
# mode can change the variables that Secure Boot rests on.
firmware_options() {
	printf '%s\n' -machine smm=on -global driver=cfi.pflash01,property=secure,value=on \
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=$(root_dir firmware)/usr/share/OVMF/OVMF_CODE_4M.ms.fd" \
		-drive "if=pflash,unit=1,format=raw,file=$1/firmware" \
		-drive "if=none,id=esp,format=raw,file=$1/esp.raw" -device virtio-blk-pci,drive=esp,bootindex=0
}
