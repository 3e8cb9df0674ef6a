// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting: what a thread group has used.
 *
 * The scheduler knows exactly how long each thread ran (sum_exec_runtime, ns). How much of that was
 * user time is known from the ticks that hit user or kernel code. So the group's runtime is split
 * in proportion to its ticks, once for the whole group and never backwards: the same rule as for
 * /proc/PID/stat and wait4(), so that the figures agree.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "compat.h"
#include "precise.h"
#include "split.h"
#include "stats.h"

/*
 * How long @t has been running since the scheduler last added to its runtime. More than the two
 * ticks (or, where a CPU runs without ticks, the two seconds) between which it always does means
 * that the scheduler's clock is not the one read here (it leaves out stolen time): better nothing
 * than an invention.
 */
static u64 running_for(struct task_struct *t, bool tickless)
{
	s64 ns = urt_sched_clock_cpu(task_cpu(t)) - READ_ONCE(t->se.exec_start);

	return ns < 0 || ns > (tickless ? 2 * NSEC_PER_SEC : 2 * TICK_NSEC) ? 0 : ns;
}

/* Out of line, as few threads run at any moment: the walk over the others stays short. */
static noinline u64 runtime_of_running(struct task_struct *t, bool tickless)
{
	u64 runtime = urt_read_u64(&t->se.sum_exec_runtime), again, more;

	/*
	 * One that is about to sleep has its time added by the switch. Where a hypervisor takes the
	 * CPU away within the switch, the time since then would be no time of this thread.
	 */
	if (urt_task_state(t) != TASK_RUNNING)
		return runtime;
	/*
	 * The scheduler moves exec_start on before it adds to the runtime. If the runtime is the
	 * same before and after, what was read between belongs to it; if not, it is fresh.
	 */
	smp_rmb();	/* runtime before exec_start */
	more = running_for(t, tickless);
	smp_rmb();	/* exec_start before runtime again */
	again = urt_read_u64(&t->se.sum_exec_runtime);
	return again == runtime ? runtime + more : again;
}

struct ticks {
	u64 utime, stime;
};

#ifdef CONFIG_VIRT_CPU_ACCOUNTING_GEN
static __always_inline bool is_tickless(const struct task_struct *t)
{
	return READ_ONCE(t->vtime.state) >= VTIME_SYS;
}

/* On CPUs without ticks (nohz_full) the time since the last entry or exit is kept apart. */
static noinline struct ticks ticks_of_tickless(struct task_struct *t)
{
	const struct vtime *vtime = &t->vtime;
	struct ticks ticks;
	unsigned int seq;
	s64 delta;

	do {
		seq = read_seqcount_begin(&vtime->seqcount);
		ticks.utime = t->utime;
		ticks.stime = t->stime;
		delta = urt_sched_clock_cpu(task_cpu(t)) - vtime->starttime;
		delta = max_t(s64, delta, 0);
		if (vtime->state == VTIME_SYS)
			ticks.stime += vtime->stime + delta;
		else if (vtime->state > VTIME_SYS)
			ticks.utime += vtime->utime + delta;
	} while (read_seqcount_retry(&vtime->seqcount, seq));
	return ticks;
}
#else
static bool is_tickless(const struct task_struct *t)
{
	return false;
}

static struct ticks ticks_of_tickless(struct task_struct *t)
{
	return (struct ticks) { };
}
#endif

static __always_inline void add_thread(struct urt_sums *sums, struct task_struct *t)
{
	struct ticks ticks = { urt_read_u64(&t->utime), urt_read_u64(&t->stime) };
	bool tickless = is_tickless(t);

	if (unlikely(tickless)) {
		ticks = ticks_of_tickless(t);
		sums->flags |= URT_CONTEXT;
	}
	sums->utime += ticks.utime;
	sums->stime += ticks.stime;
	if (unlikely(urt_task_on_cpu(t))) {
		sums->runtime += runtime_of_running(t, tickless);
		sums->flags |= URT_ESTIMATED;
	} else {
		sums->runtime += urt_read_u64(&t->se.sum_exec_runtime);
	}
	sums->minor_faults += READ_ONCE(t->min_flt);
	sums->major_faults += READ_ONCE(t->maj_flt);
}

/*
 * A writer of stats_lock has interrupts off and adds up a few numbers: it is gone in no time,
 * unless the (virtual) CPU under it is, or somebody preempts it on a real-time kernel.
 */
static bool writer_gone(struct signal_struct *sig, unsigned int *seq)
{
	int spins;

	for (spins = 0; spins < 64; spins++) {
		*seq = raw_read_seqcount(urt_stats_sequence(sig));
		if (likely(!(*seq & 1)))
			return true;
		cpu_relax();
	}
	return false;
}

/*
 * Threads that have exited are in the sums of the signal_struct, the others on its list; a thread
 * moves from one to the other within one write section of stats_lock. The lock is never taken: with
 * thousands of threads that would hold interrupts off for too long.
 */
static bool sum_group(struct task_struct *leader, struct urt_sums *sums)
{
	struct signal_struct *sig = leader->signal;
	struct task_struct *t;
	unsigned int seq;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		if (!writer_gone(sig, &seq))
			continue;
		*sums = urt_sums_of_exited(sig);
		__for_each_thread(sig, t)
			add_thread(sums, t);
		if (!read_seqcount_retry(urt_stats_sequence(sig), seq))
			return true;
	}
	return false;
}

/*
 * The split of precise mode. Before the first look, which comes soon, nothing is known: neither
 * side grows, but not for ever. True if that was all.
 */
static noinline bool split_precisely(const struct urt_precise *precise, const struct urt_sums *sums,
				     struct urt_totals *totals, bool final)
{
	u64 system;

	if (urt_precise_split(precise, sums->runtime, &system)) {
		urt_split(sums->runtime, system, totals);
		totals->flags |= URT_BETWEEN;
		totals->looks = atomic_read(&precise->looks);
		return true;
	}
	totals->flags |= URT_UNLOOKED;
	return !final && sums->runtime < totals->user + totals->system + NSEC_PER_MSEC;
}

#ifdef CONFIG_VIRT_CPU_ACCOUNTING_NATIVE
/* Measured at each entry and exit: nothing to scale. */
static void split_sums(struct task_struct *leader, const struct urt_sums *sums,
		       struct urt_totals *totals, bool final)
{
	totals->user = max(totals->user, sums->utime);
	totals->system = max(totals->system, sums->stime);
}
#else
/*
 * Whoever asks the kernel for the times of a process (top does so for all of them) has it fix the
 * split at that look, as its values do not fall either. What wait4() will report follows from the
 * last of these looks, and so does the final split.
 */
static noinline u64 system_part_reported(const struct signal_struct *sig,
					 const struct urt_sums *sums)
{
	struct urt_totals reported = {
		.user = urt_read_u64(&sig->prev_cputime.utime),
		.system = urt_read_u64(&sig->prev_cputime.stime),
	};

	urt_split(sums->runtime, urt_system_part(sums), &reported);
	return reported.system;
}

static __always_inline void split_sums(struct task_struct *leader, const struct urt_sums *sums,
				       struct urt_totals *totals, bool final)
{
	u64 system = final ? system_part_reported(leader->signal, sums) : urt_system_part(sums);

	urt_split(sums->runtime, system, totals);
}
#endif

static __always_inline void take_sums(struct task_struct *leader, const struct urt_precise *precise,
				      const struct urt_sums *sums, struct urt_totals *totals,
				      bool final)
{
	totals->minor_faults = sums->minor_faults;
	totals->major_faults = sums->major_faults;
	totals->threads = sums->threads;
	totals->flags = sums->flags;
	/* What was measured is not guessed at. */
	if (unlikely(precise) && !(sums->flags & URT_CONTEXT) &&
	    split_precisely(precise, sums, totals, final))
		return;
	totals->looks = urt_looks(sums);
	split_sums(leader, sums, totals, final);
}

static bool stale(struct urt_totals *totals)
{
	totals->flags |= URT_STALE;
	urt_stat_inc(URT_STAT_STALE_SAMPLES);
	return false;
}

/**
 * urt_account - take what a thread group has used so far
 * @leader: its leader; the caller is in an RCU read section or holds a reference
 * @precise: looks at it, or NULL: the split is the tick's
 * @totals: the values of the last sample of that group (zeros at first), replaced
 *
 * Where the group's threads come and go too fast to be summed up, the values stay, URT_STALE is set
 * and false returned. Caller must be in an RCU read section (the list of threads).
 */
bool urt_account(struct task_struct *leader, const struct urt_precise *precise,
		 struct urt_totals *totals)
{
	struct urt_sums sums;

	if (unlikely(!sum_group(leader, &sums)))
		return stale(totals);
	take_sums(leader, precise, &sums, totals, false);
	return true;
}

/**
 * urt_account_alone - whether an exiting thread is the only one that is left of its group
 * @last: the thread; no thread of its group is alive
 * @others: returned: what the others ran, ns
 *
 * From any context.
 */
bool urt_account_alone(struct task_struct *last, u64 *others)
{
	struct signal_struct *sig = last->signal;
	unsigned int seq = raw_read_seqcount(urt_stats_sequence(sig));
	bool alone;

	if (seq & 1)
		return false;
	alone = thread_group_leader(last) && READ_ONCE(sig->nr_threads) == 1;
	*others = urt_read_u64(&sig->sum_sched_runtime);
	return alone && !read_seqcount_retry(urt_stats_sequence(sig), seq);
}

/**
 * urt_account_final - take all that a thread group has used
 * @leader: its leader, none of whose threads runs any more
 * @precise: as for urt_account()
 * @others: of urt_account_alone(), or NULL
 * @totals: as for urt_account()
 *
 * The tick's split is that which wait4() reports, but for what was shown before: that does not
 * fall.
 *
 * A thread is added to the group's sums when it is reaped. Where that is before it has left the CPU
 * for good (nobody waits for it, or who waits is quick), what it ran since its last tick is missing
 * there for ever. Of one that was the last, its own runtime tells.
 */
bool urt_account_final(struct task_struct *leader, const struct urt_precise *precise,
		       const u64 *others, struct urt_totals *totals)
{
	struct urt_sums sums;

	if (!sum_group(leader, &sums))
		return stale(totals);
	if (others)
		sums.runtime = max(sums.runtime,
				   *others + urt_read_u64(&leader->se.sum_exec_runtime));
	take_sums(leader, precise, &sums, totals, true);
	return true;
}
