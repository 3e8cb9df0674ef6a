/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounting, the common case: none of a group's threads is on a CPU just now.
 *
 * Most processes sleep at most moments, so this is what a sample costs. It is inlined into the loop
 * over targets and keeps all sums in registers, which only works because whatever is special makes
 * it give up: account.c then does all of it again.
 */
#ifndef URT_ASLEEP_H
#define URT_ASLEEP_H

#include <linux/context_tracking_state.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "compat.h"
#include "split.h"

/*
 * A load like the kernel's own of such counters: on a 64-bit machine an aligned one is whole. Not
 * READ_ONCE(), with which the compiler may not make it an operand of the addition.
 */
#define urt_counter(x)	data_race(x)

/* False if one of the threads was on a CPU, and @sums are then of no use. */
static __always_inline bool urt_sum_sleepers(struct signal_struct *sig, struct urt_sums *sums)
{
	struct task_struct *t;
	int running = 0;

	__for_each_thread(sig, t) {
		/* Of one that is off the CPU, what is read after this stays until it runs. */
		urt_or_task_on_cpu(&running, t);
		sums->utime += urt_counter(t->utime);
		sums->stime += urt_counter(t->stime);
		sums->runtime += urt_counter(t->se.sum_exec_runtime);
		sums->minor_faults += urt_counter(t->min_flt);
		sums->major_faults += urt_counter(t->maj_flt);
	}
	return likely(!running);
}

/*
 * With nohz_full= the times of a thread can be elsewhere; counters of 64 bits are not whole on
 * machines of 32; others do not split by ticks at all. All that is for account.c.
 */
static __always_inline bool urt_ticks_are_plain(void)
{
	return IS_ENABLED(CONFIG_64BIT) && !IS_ENABLED(CONFIG_VIRT_CPU_ACCOUNTING_NATIVE) &&
	       !context_tracking_enabled();
}

static __always_inline void urt_store_counts(const struct urt_sums *sums, struct urt_totals *totals)
{
	totals->minor_faults = sums->minor_faults;
	totals->major_faults = sums->major_faults;
	totals->threads = sums->threads;
	totals->flags = 0;
}

/**
 * urt_account_asleep - take what a thread group has used so far, if none of it runs
 * @leader: its leader
 * @totals: the values of the last sample of that group, replaced if true is returned
 * @copy: the same again, so that the caller need not read what was just written
 *
 * As urt_account(), which is to be called where this returns false.
 */
static __always_inline bool urt_account_asleep(const struct task_struct *leader,
					       struct urt_totals *totals, struct urt_totals *copy)
{
	struct signal_struct *sig = leader->signal;
	unsigned int seq;
	struct urt_sums sums;

	if (!urt_ticks_are_plain())
		return false;
	/* Does not wait for a writer: one that is there now makes the retry necessary. */
	seq = raw_seqcount_begin(urt_stats_sequence(sig));
	sums = urt_sums_of_exited(sig);
	if (!urt_sum_sleepers(sig, &sums) ||
	    unlikely(read_seqcount_retry(urt_stats_sequence(sig), seq)))
		return false;

	copy->user = totals->user;
	copy->system = totals->system;
	/* Without any further runtime there was no further tick, either. */
	if (sums.runtime > copy->user + copy->system) {
		urt_split(sums.runtime, urt_system_part(&sums), copy);
		totals->user = copy->user;
		totals->system = copy->system;
		totals->looks = urt_looks(&sums);
	}
	copy->looks = totals->looks;
	urt_store_counts(&sums, totals);
	urt_store_counts(&sums, copy);
	return true;
}

#endif
