/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums over a thread group, and how its runtime is split into user and system time. */
#ifndef URT_SPLIT_H
#define URT_SPLIT_H

#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "scale.h"

/* As the kernel keeps them: utime and stime in ticks' worth of ns. */
struct urt_sums {
	u64 utime, stime, runtime;
	u64 minor_faults, major_faults;
	u32 threads, flags;
};

/* Where the sums begin: what threads that have exited left behind. In a section of stats_lock. */
static __always_inline struct urt_sums urt_sums_of_exited(const struct signal_struct *sig)
{
	return (struct urt_sums) {
		.utime = sig->utime,
		.stime = sig->stime,
		.runtime = sig->sum_sched_runtime,
		.minor_faults = sig->min_flt,
		.major_faults = sig->maj_flt,
		.threads = READ_ONCE(sig->nr_threads),
	};
}

/* How much of a runtime was system time, in proportion to the ticks; none without any. */
static __always_inline u64 urt_system_part(const struct urt_sums *sums)
{
	u64 ticks = sums->stime + sums->utime;

	return ticks ? urt_mul_div(sums->stime, sums->runtime, ticks) : 0;
}

/* How many ticks that proportion rests on. */
static __always_inline u32 urt_looks(const struct urt_sums *sums)
{
	return div_u64(sums->utime + sums->stime, TICK_NSEC);
}

/* The split of the kernel's cputime_adjust(), against values of our own: neither side falls. */
static __always_inline void urt_split(u64 runtime, u64 system, struct urt_totals *totals)
{
	u64 user;

	if (runtime <= totals->user + totals->system)
		return;
	system = max(system, totals->system);
	user = runtime - system;
	if (user < totals->user) {
		user = totals->user;
		system = runtime - user;
	}
	totals->user = user;
	totals->system = system;
}

#endif
