/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core is written to the newest kernel API; this header maps it onto older kernels (down to
 * 5.10). What a kernel has is probed for in Kbuild: URT_HAVE_... . Nothing else in the module
 * depends on the kernel's version.
 */
#ifndef URT_COMPAT_H
#define URT_COMPAT_H

#include <linux/compiler.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/coredump.h>
#ifdef URT_HAVE_TASK_EXEC_STATE
#include <linux/sched/exec_state.h>
#endif
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seqlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

/* 6.13, "hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()" */
#ifndef URT_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.3, "mm: introduce vma->vm_flags wrapper functions" */
#ifndef URT_HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* 5.17, "proc: remove PDE_DATA() completely" */
static inline void *urt_pde_data(const struct inode *inode)
{
#ifdef URT_HAVE_PDE_DATA_FUNCTION
	return pde_data(inode);
#else
	return PDE_DATA(inode);
#endif
}

/*
 * 5.11, "mm: Convert page kmemcg type to a page memcg flag". Before it, pages that were charged to
 * a memory cgroup could not be mapped: only max_bytes_per_user and RLIMIT_MEMLOCK limit rings.
 */
#ifdef URT_HAVE_PAGE_KMEMCG
#define URT_GFP_MAPPED	GFP_KERNEL
#else
#define URT_GFP_MAPPED	GFP_KERNEL_ACCOUNT
#endif

/*
 * The scheduler's clock of a CPU. Where that is the same on all of them, as on arm64, the function
 * that takes one is not exported.
 */
static inline u64 urt_sched_clock_cpu(int cpu)
{
#ifdef CONFIG_HAVE_UNSTABLE_SCHED_CLOCK
	return sched_clock_cpu(cpu);
#else
	return sched_clock();
#endif
}

/*
 * The bare sequence of stats_lock. Of the whole seqlock, a reader on a real-time kernel waits for a
 * writer by taking the lock, which sleeps: not in a probe.
 */
static __always_inline seqcount_t *urt_stats_sequence(struct signal_struct *sig)
{
	return &sig->stats_lock.seqcount.seqcount;
}

/* 5.14, "sched: Change task_struct::state": renamed, and unsigned int. */
static inline unsigned int urt_task_state(const struct task_struct *t)
{
#ifdef URT_HAVE_TASK___STATE
	return READ_ONCE(t->__state);
#else
	return READ_ONCE(t->state);
#endif
}

static inline bool urt_task_is_dead(const struct task_struct *t)
{
	return urt_task_state(t) == TASK_DEAD;
}

static inline bool urt_task_on_cpu(const struct task_struct *t)
{
#ifdef CONFIG_SMP
	/* Pairs with the release in finish_task(): what the task did before is then visible. */
	return smp_load_acquire(&t->on_cpu);
#else
	return t == current;
#endif
}

/* The same, or-ed into @any: one instruction on x86, where loads keep their order by themselves. */
static __always_inline void urt_or_task_on_cpu(int *any, struct task_struct *t)
{
#if defined(CONFIG_X86) && defined(CONFIG_SMP)
	/* It may change at any time: what is read after it tells. */
	*any |= data_race(t->on_cpu);
	barrier();
#else
	*any |= urt_task_on_cpu(t);
#endif
}

/* A counter of another task, which must not be torn on 32-bit machines. */
static inline u64 urt_read_u64(const u64 *p)
{
#ifdef CONFIG_64BIT
	return READ_ONCE(*p);
#else
	const u32 *half = (const u32 *)p;
	const int high = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? 0 : 1;
	u32 before, low, after;

	do {
		before = READ_ONCE(half[high]);
		smp_rmb();	/* high half before low */
		low = READ_ONCE(half[!high]);
		smp_rmb();	/* low half before high again */
		after = READ_ONCE(half[high]);
	} while (before != after);
	return (u64)after << 32 | low;
#endif
}

/*
 * Whether other processes of the same user may look into @task, and whose user namespace decides on
 * capabilities instead (@owner; unchanged where @task has given up its memory). Caller is in an RCU
 * read section.
 *
 * 7.2 moved this from the mm to task_struct.exec_state, where it outlives the mm.
 */
static inline bool urt_task_dumpable(struct task_struct *task, struct user_namespace **owner)
{
#ifdef URT_HAVE_TASK_EXEC_STATE
	struct task_exec_state *state = rcu_dereference(task->exec_state);

	if (!state)
		return true;
	*owner = state->user_ns;
	return READ_ONCE(state->dumpable) == TASK_DUMPABLE_OWNER;
#else
	bool dumpable = true;

	task_lock(task);
	if (task->mm) {
		dumpable = get_dumpable(task->mm) == SUID_DUMP_USER;
		*owner = task->mm->user_ns;
	}
	task_unlock(task);
	return dumpable;
#endif
}

#endif
