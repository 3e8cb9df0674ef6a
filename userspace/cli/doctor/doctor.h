/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known about the system, and the checks, each of which adds its findings. */
#ifndef USERTIME_DOCTOR_H
#define USERTIME_DOCTOR_H

#include "dkms.h"
#include "findings.h"
#include "kernels.h"
#include "modfile.h"

/* The package and the command that bring the module. */
#define INSTALL_MODULE	"apt install usertime-dkms"
/* Where it is said what the kernel gets on its command line. */
#define EDIT_BOOT_OPTIONS "editor /etc/default/grub && update-grub && reboot"
#define RELOAD_MODULE	"modprobe -r usertime && modprobe usertime"
#define ASK_AS_ROOT	"sudo usertime doctor"

struct doctor {
	const char *root;	/* the directory that is taken for /, "" for the real one */
	bool container;		/* its host has the rest of what is here */
	bool loaded;
	struct kernels kernels;
	struct dkms dkms;
	struct modfile running, newest;	/* of those kernels */
	struct findings findings;
};

/*
 * In the order in which one needs the other. Where one has failed, those that cannot succeed
 * because of it say nothing: there is a line for the cause, not for what follows from it.
 */
void check_headers(struct doctor *doctor);
void check_dkms(struct doctor *doctor);
void check_module(struct doctor *doctor);
void check_signature(struct doctor *doctor);
void check_loaded(struct doctor *doctor);
void check_abi(struct doctor *doctor);
void check_boot(struct doctor *doctor);
void check_access(struct doctor *doctor);

#endif
