/* SPDX-License-Identifier: GPL-2.0-only */
/* What held.bpf.c is asked for. */
#ifndef HELD_H
#define HELD_H

#include <linux/types.h>

struct hold_args {
	__u32 index;
	__s32 pid;		/* 0: nobody */
};

struct sample_args {
	__u32 n;
};

#endif
