/* SPDX-License-Identifier: GPL-2.0-only */
/* Precise mode: looks at whether user or kernel code runs, far more often than the tick's. */
#ifndef URT_PRECISE_H
#define URT_PRECISE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct task_struct;
struct urt_target;

/**
 * struct urt_precise - what is known of a process's time, and what looks at the rest found
 * @user: what those that found user code stand for, ns
 * @all: what all stand for, ns
 * @known_system: system time that needed no look, ns
 * @known_user: user time before looks were counted, ns, by the tick
 * @looks: how many
 * @counting: they are counted
 */
struct urt_precise {
	atomic64_t user;
	atomic64_t all;
	atomic64_t known_system;
	u64 known_user;
	atomic_t looks;
	bool counting;
};

int urt_precise_init(void);
void urt_precise_exit(void);

bool urt_precise_possible(void);
void urt_precise_calibrate(void);
void urt_precise_begin(struct urt_target *t);
bool urt_precise_split(const struct urt_precise *p, u64 runtime, u64 *system);
void urt_precise_switch(struct task_struct *prev, struct task_struct *next);
u32 urt_precise_look_cost(void);		/* ns */

#endif
