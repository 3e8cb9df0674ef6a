// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: sampling once a period, and exact totals of processes that exit.
 *
 * An exiting process. At the exit tracepoint the scheduler's runtime of the dying thread is stale
 * and other threads may still be on their way out. So the probe only claims the target, pins the
 * leader and the dying thread (a pinned task keeps its signal_struct, hence the totals, after it
 * was reaped) and has the worker woken through irq_work. The worker takes the totals when none of
 * the group's threads is on a CPU any more, looking again after a while where one still is.
 *
 * Locks: session->lock is a mutex, outermost; the probes' mutex and the index' raw spinlock nest
 * inside. The timers' callbacks take none, so they are cancelled under the lock.
 */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "index.h"
#include "probe.h"
#include "session.h"
#include "stats.h"

/* Targets sampled in one RCU read section. */
#define BATCH		64

/* An exit that is not through after so many looks, a jiffy apart, is stuck: nobody waits for it. */
#define PATIENCE	16

struct workqueue_struct *urt_workqueue;

int urt_sessions_init(void)
{
	urt_workqueue = alloc_workqueue("usertime", WQ_UNBOUND, 0);
	return urt_workqueue ? 0 : -ENOMEM;
}

/* All sessions are gone; waits for targets that RCU still frees. */
void urt_sessions_exit(void)
{
	rcu_barrier();
	destroy_workqueue(urt_workqueue);
}

/* Targets. */

static void free_target(struct rcu_head *rcu)
{
	struct urt_target *t = container_of(rcu, struct urt_target, rcu);

	put_pid(t->pid);
	if (t->phase == URT_EXITED)
		put_cred(t->cred);
	t->session->ops->free(t);
}

static void put_target(struct urt_target *t)
{
	if (refcount_dec_and_test(&t->refs))
		call_rcu(&t->rcu, free_target);
}

/**
 * urt_target_task - the leader of a target's thread group
 * @t: the target
 *
 * NULL if it is not to be had any more. Caller holds the session's lock and is in an RCU read
 * section, which covers the result.
 */
struct task_struct *urt_target_task(const struct urt_target *t)
{
	if (t->phase == URT_EXITING)
		return t->leader;
	return t->phase == URT_ALIVE ? pid_task(t->pid, PIDTYPE_TGID) : NULL;
}

static void sample_target(struct urt_target *t, struct task_struct *leader)
{
	t->start = leader->start_boottime;
	urt_account(leader, &t->totals);
}

/*
 * The timer runs from the first target to the last. Without slack: where a timer may fire early,
 * hrtimer_forward() does not move it on, and its callback would run over and over until it is due.
 */
static void start_timer(struct urt_session *s)
{
	hrtimer_start(&s->timer, ns_to_ktime(s->period), HRTIMER_MODE_REL);
}

static void unpin_tasks(struct urt_target *t)
{
	put_task_struct(t->leader);
	put_task_struct(t->last);
}

/**
 * urt_session_remove - take a target out of its session
 * @t: the target, in whatever phase; not valid afterwards
 *
 * Caller holds the session's lock.
 */
void urt_session_remove(struct urt_target *t)
{
	struct urt_session *s = t->session;

	/*
	 * Claimed here, the exit probe keeps off. If the probe was first, it may be handing the
	 * target over right now: the worker then finds it unlinked and drops what was pinned.
	 */
	set_bit(URT_CLAIMED, &t->flags);
	urt_index_remove(t);
	list_del_init(&t->link);
	if (t->phase == URT_EXITING) {
		unpin_tasks(t);
		t->phase = URT_ALIVE;	/* nothing of the union is held */
		put_target(t);
	}
	urt_stat_dec(URT_STAT_TARGETS);
	if (!--s->nr_targets) {
		hrtimer_cancel(&s->timer);
		timer_delete_sync(&s->retry);
		clear_bit(URT_SAMPLE_DUE, &s->flags);
	}
	urt_probes_put();
	put_target(t);
}

/**
 * urt_session_add - begin to measure a process
 * @s: the session
 * @t: a new target, zeroed; on error it is given to urt_session_ops.free
 * @pid: the process; a reference is taken
 *
 * It is sampled at once. Caller holds the session's lock, and has seen that the process is not yet
 * in the session. Returns 0, -ESRCH if the process has exited, or what attaching the probes failed
 * with.
 */
int urt_session_add(struct urt_session *s, struct urt_target *t, struct pid *pid)
{
	struct task_struct *leader;
	int err;

	t->session = s;
	t->pid = get_pid(pid);
	refcount_set(&t->refs, 1);
	err = urt_probes_get();
	if (err)
		goto put_target;
	urt_index_insert(t);

	/*
	 * An exit either sees the target in the index or is seen here: the barrier stands between
	 * our insertion and our reading of signal->live, as the atomic decrement of live does
	 * between that and the probe's look-up.
	 */
	smp_mb();
	rcu_read_lock();
	leader = pid_task(pid, PIDTYPE_TGID);
	if ((!leader || !atomic_read(&leader->signal->live)) &&
	    !test_and_set_bit(URT_CLAIMED, &t->flags)) {
		rcu_read_unlock();
		err = -ESRCH;
		goto remove;
	}
	/* If it exited just now and the probe has it, the worker takes its totals. */
	if (leader)
		sample_target(t, leader);
	rcu_read_unlock();

	list_add_tail(&t->link, &s->targets);
	urt_stat_inc(URT_STAT_TARGETS);
	if (!s->nr_targets++)
		start_timer(s);
	return 0;

remove:
	urt_index_remove(t);
	urt_probes_put();
put_target:
	put_target(t);
	return err;
}

/* Sampling. */

/* The last resort for a process that went without its exit being seen: keeps what was sampled. */
static void target_lost(struct urt_target *t)
{
	if (test_and_set_bit(URT_CLAIMED, &t->flags))
		return;		/* no: the probe saw it, the worker is about to */
	t->phase = URT_EXITED;
	t->cred = get_current_cred();	/* the worker's: nobody's but root's */
	t->comm[0] = '\0';
	list_move_tail(&t->link, &t->session->exited);
}

/* The list cannot change: the lock is held. RCU is for the tasks. */
static void sample_targets(struct urt_session *s)
{
	struct urt_target *t, *next;
	struct task_struct *leader;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_safe(t, next, &s->targets, link) {
		leader = pid_task(t->pid, PIDTYPE_TGID);
		if (likely(leader))
			sample_target(t, leader);
		else
			target_lost(t);
		if (++n % BATCH == 0) {
			rcu_read_unlock();
			cond_resched();
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
}

static void expire_targets(struct urt_session *s)
{
	struct urt_target *t, *next;

	list_for_each_entry_safe(t, next, &s->exited, link)
		s->ops->expired(t);
}

static void refresh(struct urt_session *s)
{
	u64 begin = ktime_get_ns();

	expire_targets(s);
	sample_targets(s);
	s->ops->refreshed(s);
	urt_stats_refresh(ktime_get_ns() - begin);
}

/* Exits. */

/**
 * urt_session_target_exits - the exit probe's part: claim, pin, hand over
 * @t: the target, found in the index
 * @last: the dying thread, the caller; no thread of its group is alive
 *
 * Caller is in an RCU read section, perhaps with preemption off.
 */
void urt_session_target_exits(struct urt_target *t, struct task_struct *last)
{
	if (test_and_set_bit(URT_CLAIMED, &t->flags))
		return;
	if (!refcount_inc_not_zero(&t->refs))
		return;
	t->leader = get_task_struct(last->group_leader);
	t->last = get_task_struct(last);
	llist_add(&t->exit_node, &t->session->exits);
	irq_work_queue(&t->session->kick);
}

static bool off_cpu(struct task_struct *t)
{
	return urt_task_is_dead(t) && !urt_task_on_cpu(t);
}

/* No thread of the group will run again: its totals are final. */
static bool group_is_off_cpu(const struct urt_target *t)
{
	struct task_struct *thread;
	bool off = off_cpu(t->leader) && off_cpu(t->last);

	rcu_read_lock();
	__for_each_thread(t->leader->signal, thread)
		off = off && off_cpu(thread);
	rcu_read_unlock();
	return off;
}

/* Takes the final totals; false if they cannot be had yet, as the process is just being reaped. */
static bool finish_target(struct urt_target *t)
{
	struct task_struct *leader = t->leader, *last = t->last;
	bool taken;

	t->start = leader->start_boottime;
	rcu_read_lock();
	taken = urt_account_final(leader, &t->totals);
	rcu_read_unlock();
	if (!taken)
		return false;

	t->phase = URT_EXITED;
	t->cred = get_task_cred(leader);
	memcpy(t->comm, leader->comm, sizeof(t->comm));
	put_task_struct(leader);
	put_task_struct(last);
	list_move_tail(&t->link, &t->session->exited);
	urt_stat_inc(URT_STAT_EXITS_CAUGHT);
	put_target(t);
	return true;
}

/* Takes over what probes handed in. */
static void collect_exits(struct urt_session *s)
{
	struct urt_target *t, *next;

	llist_for_each_entry_safe(t, next, llist_del_all(&s->exits), exit_node) {
		if (list_empty(&t->link)) {
			/* Removed in the meantime. */
			unpin_tasks(t);
			put_target(t);
			continue;
		}
		t->phase = URT_EXITING;
		list_move_tail(&t->link, &s->exiting);
	}
}

/* Returns whether some are still on their way out and worth waiting for. */
static bool finish_exits(struct urt_session *s)
{
	struct urt_target *t, *next;
	bool soon = false;

	collect_exits(s);
	list_for_each_entry_safe(t, next, &s->exiting, link) {
		if (!(group_is_off_cpu(t) && finish_target(t)) && t->looks < PATIENCE) {
			t->looks++;
			soon = true;
		}
		cond_resched();
	}
	if (!list_empty(&s->exiting))
		mod_timer(&s->retry, jiffies + (soon ? 1 : HZ / 4));
	return soon;
}

/**
 * urt_session_settle - finish what has exited by now
 * @s: the session
 *
 * So that whoever reads after wait(2) returned finds the final totals: a process is reported to its
 * parent shortly before it leaves the CPU for good. Waits some jiffies at most for each that
 * exited: it may be stuck in a driver. Caller holds the session's lock, which is dropped and taken
 * again while waiting.
 */
void urt_session_settle(struct urt_session *s)
{
	int times;

	/* Bounded, however fast processes go on to exit. */
	for (times = 0; times < PATIENCE && finish_exits(s); times++) {
		mutex_unlock(&s->lock);
		schedule_timeout_uninterruptible(1);
		mutex_lock(&s->lock);
	}
}

/* Top and bottom half. */

static enum hrtimer_restart urt_session_tick(struct hrtimer *timer)
{
	struct urt_session *s = container_of(timer, struct urt_session, timer);
	u64 missed = hrtimer_forward_now(timer, ns_to_ktime(s->period)) - 1;

	if (test_and_set_bit(URT_SAMPLE_DUE, &s->flags))
		missed++;
	if (missed)
		urt_stat_add(URT_STAT_MISSED_PERIODS, missed);
	queue_work(urt_workqueue, &s->work);
	return HRTIMER_RESTART;
}

static void kick_work(struct irq_work *kick)
{
	struct urt_session *s = container_of(kick, struct urt_session, kick);

	queue_work(urt_workqueue, &s->work);
}

static void retry_work(struct timer_list *timer)
{
	struct urt_session *s = container_of(timer, struct urt_session, retry);

	queue_work(urt_workqueue, &s->work);
}

static void session_work(struct work_struct *work)
{
	struct urt_session *s = container_of(work, struct urt_session, work);

	mutex_lock(&s->lock);
	if (test_and_clear_bit(URT_SAMPLE_DUE, &s->flags) && s->nr_targets)
		refresh(s);
	finish_exits(s);
	mutex_unlock(&s->lock);
}

/**
 * urt_session_setup - make a session without targets
 * @s: the session
 * @ops: what its owner does
 * @period: ns
 */
void urt_session_setup(struct urt_session *s, const struct urt_session_ops *ops, u64 period)
{
	mutex_init(&s->lock);
	s->ops = ops;
	INIT_LIST_HEAD(&s->targets);
	INIT_LIST_HEAD(&s->exiting);
	INIT_LIST_HEAD(&s->exited);
	s->nr_targets = 0;
	s->period = period;
	hrtimer_setup(&s->timer, urt_session_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	s->flags = 0;
	INIT_WORK(&s->work, session_work);
	init_llist_head(&s->exits);
	init_irq_work(&s->kick, kick_work);
	timer_setup(&s->retry, retry_work, 0);
}

/**
 * urt_session_teardown - wait until nothing runs on behalf of a session
 * @s: the session
 *
 * Caller has removed all targets; nobody adds any. What is left then are exit probes in flight and
 * the work that they hand over.
 */
void urt_session_teardown(struct urt_session *s)
{
	tracepoint_synchronize_unregister();
	irq_work_sync(&s->kick);
	cancel_work_sync(&s->work);
	mutex_lock(&s->lock);
	finish_exits(s);
	mutex_unlock(&s->lock);
}

/**
 * urt_session_set_period - change how often a session samples; the next sample is a period away
 * @s: the session
 * @period: ns
 */
void urt_session_set_period(struct urt_session *s, u64 period)
{
	mutex_lock(&s->lock);
	if (s->nr_targets)
		hrtimer_cancel(&s->timer);
	s->period = period;
	if (s->nr_targets)
		start_timer(s);
	mutex_unlock(&s->lock);
}
