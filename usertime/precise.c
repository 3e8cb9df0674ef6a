// SPDX-License-Identifier: GPL-2.0-only
/*
 * Precise mode. The tick looks every few milliseconds whether user or kernel code runs; of a
 * process that lives shorter it sees nothing, and of one that runs in step with it the wrong thing.
 * Here a timer of each CPU looks about every 97 us, every 20 us at a process that was not looked at
 * often yet, at moments that nothing can be in step with.
 *
 * The timer is started when a thread of a target is switched in, and stops when it finds something
 * else running, so that only targets pay for it. Time is cut into cells, with one look at a random
 * moment of each. A look stands for as many ns as its cell is long: whatever the cells, each moment
 * of a target has the same weight, and the weights add up to its runtime. That holds as long as
 * what cells follow is decided without regard to where in the last one the look was:
 *
 *   - whoever is switched in while the timer is stopped begins a cell of its own, but not before
 *     the end of the last one, which has had its look;
 *   - who wants shorter cells than the present one gives that up at once, looked at or not.
 *
 * All of a CPU's state is used on that CPU alone, with interrupts off. The switch probe runs under
 * the run queue's lock, where hrtimer_start() is allowed (the scheduler's own hrtick does it) and
 * little else.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <asm/irq_regs.h>

#include "compat.h"
#include "index.h"
#include "precise.h"
#include "scale.h"
#include "session.h"

/* How long a cell is at least, ns; and how many times a look: those take 1 or 5 % of the time. */
#define CELL		97000
#define CELL_YOUNG	20000
#define COSTS		97
#define COSTS_YOUNG	20

/* So many looks make a process no longer young: a millisecond of them and more. */
#define YOUNG_LOOKS	60

/* A look that takes longer was not measured well. */
#define COST_MAX	(TICK_NSEC / 100)

/* So many looks are measured. */
#define MEASUREMENTS	8

/**
 * struct looker - what looks on one CPU
 * @timer: the next look
 * @cell: how long the present cell is, ns
 * @cell_end: of CLOCK_MONOTONIC, ns
 * @random: state of the generator of moments
 * @expires: when @timer does, while it is started
 * @armed: it is
 * @busy: what runs is a target, or was when it was switched in
 * @online: it may be
 * @measured: looks while calibrating; 0: it is not
 */
struct looker {
	struct hrtimer timer;
	u32 cell;
	u64 cell_end;
	u64 expires;
	u32 random;
	bool armed;
	bool busy;
	bool online;
	u32 measured;
};

static DEFINE_PER_CPU(struct looker, lookers);
static enum cpuhp_state hotplug_state;

/* What a look takes of the runtime of the one that is looked at, ns; what follows from it. */
static u32 look_cost;
static u32 cell_old = CELL, cell_young = CELL_YOUNG;

/* A number below @below; statistics need no better ones (xorshift, 13, 17, 5). */
static u32 next_random(struct looker *l, u32 below)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 17;
	l->random ^= l->random << 5;
	return (u64)l->random * below >> 32;
}

/* The next cell and the look in it: returns when that is. */
static ktime_t plan(struct looker *l, u64 begin, u32 cell)
{
	l->cell = cell;
	l->cell_end = begin + cell;
	l->expires = begin + next_random(l, cell);
	return ns_to_ktime(l->expires);
}

/* How soon @p is to be looked at again. */
static u32 cell_of(const struct urt_precise *p)
{
	return atomic_read(&p->looks) < YOUNG_LOOKS ? READ_ONCE(cell_young) : READ_ONCE(cell_old);
}

static u32 shorter(u32 cell, u32 other)
{
	return cell ? min(cell, other) : other;
}

/*
 * The shortest cell that a session wants for @task's process, 0 if none wants to look at it.
 * Interrupts are off, which is an RCU read section.
 */
static __always_inline u32 cell_wanted(struct task_struct *task)
{
	struct pid *pid = task_tgid(task);
	const struct urt_target *t;
	struct urt_precise *p;
	u32 cell = 0;

	hlist_for_each_entry_rcu(t, urt_index_chain(pid), hash, irqs_disabled()) {
		p = urt_precise_of(t);
		if (t->pid == pid && p && READ_ONCE(p->counting))
			cell = shorter(cell, cell_of(p));
	}
	return cell;
}

/* A look at @task's process found user code or not. Returns the cell to follow, 0 for none. */
static u32 count_looks(struct task_struct *task, u32 weight, bool user)
{
	struct pid *pid = task_tgid(task);
	const struct urt_target *t;
	struct urt_precise *p;
	u32 cell = 0;

	hlist_for_each_entry_rcu(t, urt_index_chain(pid), hash, irqs_disabled()) {
		p = urt_precise_of(t);
		if (t->pid != pid || !p || !READ_ONCE(p->counting))
			continue;
		if (user)
			atomic64_add(weight, &p->user);
		atomic64_add(weight, &p->all);
		atomic_inc(&p->looks);
		cell = shorter(cell, cell_of(p));
	}
	return cell;
}

/* So many ns of kernel code that needed no look. */
static void count_known(struct task_struct *task, u64 ns)
{
	struct pid *pid = task_tgid(task);
	const struct urt_target *t;
	struct urt_precise *p;

	hlist_for_each_entry_rcu(t, urt_index_chain(pid), hash, irqs_disabled()) {
		p = urt_precise_of(t);
		if (t->pid == pid && p && READ_ONCE(p->counting))
			atomic64_add(ns, &p->known_system);
	}
}

/*
 * How long ago, at a switch, the scheduler ended charging the one thread and began to charge the
 * other: some way back in its own code, or in the interrupt that woke the latter.
 */
static u64 charged_for(const struct task_struct *task)
{
	s64 ns = urt_sched_clock_cpu(smp_processor_id()) - task->se.exec_start;

	/* No clock goes that wrong: better nothing than an invention. */
	return ns < 0 || ns > TICK_NSEC ? 0 : ns;
}

/* On this CPU, interrupts off: look at what runs from now on. */
static void start_looking(struct looker *l, u64 now, u32 cell)
{
	/* What is left of the last cell has had its look. */
	if (!l->armed && l->cell <= cell)
		now = max(now, l->cell_end);
	l->armed = true;
	hrtimer_start(&l->timer, plan(l, now, cell), HRTIMER_MODE_ABS_PINNED_HARD);
}

/*
 * A look is due, but interrupts are off: it is not to come out as one at the next thread. If the
 * one that leaves was charged then, it was in the scheduler.
 */
static void take_due_look(struct looker *l, struct task_struct *prev, u64 now)
{
	if (l->busy && l->expires < now - charged_for(prev))
		count_looks(prev, l->cell, false);
	hrtimer_try_to_cancel(&l->timer);
	l->armed = false;
}

/**
 * urt_precise_switch - the switch probe's part: a thread is about to run
 * @prev: the thread that ran
 * @next: the thread
 *
 * Runs at every switch of the machine while there is a precise target.
 */
void urt_precise_switch(struct task_struct *prev, struct task_struct *next)
{
	struct looker *l = this_cpu_ptr(&lookers);
	u32 cell = cell_wanted(next);
	u64 now, known;

	if (likely(!cell && !l->busy))
		return;
	now = ktime_get_ns();
	if (l->armed && l->expires <= now)
		take_due_look(l, prev, now);
	l->busy = cell;
	if (!cell)
		return;
	known = charged_for(next);
	if (l->online && (!l->armed || l->cell > cell)) {
		/* Until the timer is started and interrupts are on again. */
		known += READ_ONCE(look_cost) / 2;
		start_looking(l, now + READ_ONCE(look_cost) / 2, cell);
	}
	count_known(next, known);
}

static bool in_user_code(struct pt_regs *regs)
{
	if (!regs || !user_mode(regs))
		return false;
#ifdef CONFIG_X86_64
	/*
	 * A system call ends with interrupts off: one that came meanwhile hits the first
	 * instruction of user code, whose address SYSRET leaves in rcx. It was meant for the
	 * kernel.
	 */
	if (regs->ip == regs->cx)
		return false;
#endif
	return true;
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	struct looker *l = container_of(timer, struct looker, timer);
	u32 cell = count_looks(current, l->cell, in_user_code(get_irq_regs()));

	if (unlikely(l->measured)) {
		l->measured++;
		cell = READ_ONCE(cell_old);
	}
	if (!cell || !l->online) {
		l->armed = false;
		return HRTIMER_NORESTART;
	}
	/* Where interrupts were off for long, cells are left out. */
	hrtimer_set_expires(timer, plan(l, max(l->cell_end, ktime_get_ns()), cell));
	return HRTIMER_RESTART;
}

/* Targets. */

static void look_here(void *unused)
{
	struct looker *l = this_cpu_ptr(&lookers);
	u32 cell = cell_wanted(current);

	l->busy = cell;
	if (cell && l->online && (!l->armed || l->cell > cell))
		start_looking(l, ktime_get_ns(), cell);
}

/*
 * Threads that run already are not switched in. What is found not to be runnable will be; what is
 * runnable runs where it is found, or will be switched in elsewhere.
 */
static void find_running(const struct urt_target *t, struct cpumask *cpus)
{
	struct task_struct *leader, *thread;

	rcu_read_lock();
	leader = pid_task(t->pid, PIDTYPE_TGID);
	if (leader)
		__for_each_thread(leader->signal, thread)
			if (urt_task_state(thread) == TASK_RUNNING)
				cpumask_set_cpu(task_cpu(thread), cpus);
	rcu_read_unlock();
}

/**
 * urt_precise_begin - begin to look at a target that was just sampled
 * @t: the target, in the index, with the switch probe attached
 *
 * May sleep. What it used before stays split as it was.
 */
void urt_precise_begin(struct urt_target *t)
{
	struct urt_precise *p = urt_precise_of(t);
	cpumask_var_t cpus;

	p->known_user = t->totals.user;
	atomic64_set(&p->known_system, t->totals.system);
	/* Seen by whoever switches one of its threads in after find_running() looked at it. */
	smp_store_mb(p->counting, true);
	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL)) {
		on_each_cpu(look_here, NULL, true);
		return;
	}
	find_running(t, cpus);
	on_each_cpu_mask(cpus, look_here, NULL, true);
	free_cpumask_var(cpus);
}

/**
 * urt_precise_split - split a runtime in proportion to what looks found
 * @p: the looks
 * @runtime: of the process, ns
 * @system: returned: the part of it that was system time
 *
 * What the looks themselves took is in the runtime: it is system time, as that of any interrupt.
 * False if there was no look yet.
 */
bool urt_precise_split(const struct urt_precise *p, u64 runtime, u64 *system)
{
	u64 user = atomic64_read(&p->user), all = atomic64_read(&p->all);
	u64 known = p->known_user + atomic64_read(&p->known_system);
	u64 cost = (u64)atomic_read(&p->looks) * READ_ONCE(look_cost);

	if (!all)
		return false;
	*system = runtime - p->known_user;
	if (runtime > known + cost)
		*system -= urt_mul_div(min(user, all), runtime - known - cost, all);
	return true;
}

/* Calibration. */

/*
 * How long this CPU does something else when a look comes, ns; 0 if none came. Some microseconds
 * with preemption off, unless timers are very late here.
 */
static u32 measure_look(void)
{
	u64 begin, now, gap, shortest = U64_MAX, longest = 0;
	unsigned long flags;
	struct looker *l;
	u32 looks = 1;

	preempt_disable();
	l = this_cpu_ptr(&lookers);
	begin = ktime_get_ns();
	now = begin;
	local_irq_save(flags);
	l->measured = 1;
	l->armed = true;
	l->expires = begin + 5000;
	hrtimer_start(&l->timer, ns_to_ktime(l->expires), HRTIMER_MODE_ABS_PINNED_HARD);
	local_irq_restore(flags);
	/* Once more after the look: it may have come between reading the clock and asking. */
	while (looks == 1 && now - begin < 200000) {
		looks = READ_ONCE(l->measured);
		gap = ktime_get_ns() - now;
		now += gap;
		shortest = min(shortest, gap);
		longest = max(longest, gap);
	}
	local_irq_save(flags);
	l->measured = 0;
	hrtimer_try_to_cancel(&l->timer);
	l->armed = false;
	local_irq_restore(flags);
	preempt_enable();
	return looks > 1 ? longest - shortest : 0;
}

static int compare_costs(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void calibrate(void)
{
	u32 costs[MEASUREMENTS], cost;
	int tries, found = 0;

	for (tries = 0; tries < 8 * MEASUREMENTS && found < MEASUREMENTS; tries++) {
		costs[found] = measure_look();
		found += costs[found] > 0;
		cond_resched();
	}
	sort(costs, found, sizeof(costs[0]), compare_costs, NULL);
	cost = found ? min_t(u32, costs[(found - 1) / 2], COST_MAX) : COST_MAX;
	WRITE_ONCE(cell_old, max_t(u32, CELL, COSTS * cost));
	WRITE_ONCE(cell_young, max_t(u32, CELL_YOUNG, COSTS_YOUNG * cost));
	if (found)
		WRITE_ONCE(look_cost, cost);
}

/**
 * urt_precise_calibrate - find out what a look costs
 *
 * May sleep; only the first call does something. Of several the one in the middle: other interrupts
 * come, too, and a look may come while the clock is being read. Where timers are so late that none
 * can be measured, looks are as rare as they ever are, until the next call.
 */
void urt_precise_calibrate(void)
{
	static DEFINE_MUTEX(calibrating);

	mutex_lock(&calibrating);
	if (!READ_ONCE(look_cost))
		calibrate();
	mutex_unlock(&calibrating);
}

u32 urt_precise_look_cost(void)
{
	return READ_ONCE(look_cost);
}

/* CPUs. */

static int cpu_online_up(unsigned int cpu)
{
	struct looker *l = per_cpu_ptr(&lookers, cpu);

	l->random = get_random_u32() | 1;
	WRITE_ONCE(l->online, true);
	return 0;
}

/* On the CPU itself, before its timers would be moved elsewhere. */
static int cpu_going_down(unsigned int cpu)
{
	struct looker *l = per_cpu_ptr(&lookers, cpu);

	WRITE_ONCE(l->online, false);
	barrier();
	hrtimer_cancel(&l->timer);
	l->armed = false;
	return 0;
}

/* Whether timers can be set to the nanosecond here. */
bool urt_precise_possible(void)
{
	return hrtimer_resolution <= NSEC_PER_USEC;
}

int urt_precise_init(void)
{
	int cpu, state;

	for_each_possible_cpu(cpu)
		hrtimer_setup(&per_cpu_ptr(&lookers, cpu)->timer, look, CLOCK_MONOTONIC,
			      HRTIMER_MODE_ABS_PINNED_HARD);
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "usertime:online", cpu_online_up,
				  cpu_going_down);
	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

/* No probe runs any more. */
void urt_precise_exit(void)
{
	cpuhp_remove_state(hotplug_state);
}
