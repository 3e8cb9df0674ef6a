/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread group has used so far. */
#ifndef URT_ACCOUNT_H
#define URT_ACCOUNT_H

#include <linux/bits.h>
#include <linux/types.h>

struct task_struct;
struct urt_precise;

/**
 * struct urt_totals - what a thread group used since it started, exited threads included
 * @user: user CPU time, ns
 * @system: system CPU time, ns; @user + @system is the scheduler's exact runtime
 * @minor_faults: page faults served without I/O
 * @major_faults: page faults that needed I/O
 * @threads: live threads (those that have exited but are not reaped are counted)
 * @looks: ticks so far, each of which saw user or kernel code run; with URT_BETWEEN, looks
 * @flags: URT_STALE, URT_ESTIMATED, URT_CONTEXT, URT_BETWEEN, URT_UNLOOKED
 *
 * @user and @system never decrease from one sample to the next.
 */
struct urt_totals {
	u64 user;
	u64 system;
	u64 minor_faults;
	u64 major_faults;
	u32 threads;
	u32 looks;
	u32 flags;
};

#define URT_ESTIMATED	BIT(0)	/* a thread was running: time since its last tick is estimated */
#define URT_STALE	BIT(1)	/* the group kept changing: values of the sample before */
#define URT_CONTEXT	BIT(2)	/* a thread's split was measured, not sampled (nohz_full) */
#define URT_BETWEEN	BIT(3)	/* split by looks between ticks: precise mode */
#define URT_UNLOOKED	BIT(4)	/* precise mode, but nothing was looked at yet */

bool urt_account(struct task_struct *leader, const struct urt_precise *precise,
		 struct urt_totals *totals);
bool urt_account_final(struct task_struct *leader, const struct urt_precise *precise,
		       const u64 *others, struct urt_totals *totals);
bool urt_account_alone(struct task_struct *last, u64 *others);

#endif
