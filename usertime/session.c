// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: sampling once a period, and exact totals of processes that exit.
 *
 * An exiting process. At the exit tracepoint the scheduler's runtime of the dying thread is stale
 * and other threads may still be on their way out. So the probe only claims the target, pins the
 * leader and the dying thread (a pinned task keeps its signal_struct, hence the totals, after it
 * was reaped) and kicks the worker through irq_work. The worker takes the totals when none of
 * the group's threads is on a CPU any more, looking again after a while where one still is.
 *
 * Locks: session->lock is a mutex, outermost; the mutexes of probes and of quotas, and the index'
 * raw spinlock nest inside. The timers' callbacks take none, so they are cancelled under the lock.
 */
#include <linux/cred.h>
#include <linux/export.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "asleep.h"
#include "compat.h"
#include "index.h"
#include "probe.h"
#include "record.h"
#include "ring.h"
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

/* All sessions are gone. */
void urt_sessions_exit(void)
{
	urt_targets_flush();
	destroy_workqueue(urt_workqueue);
}

/* Targets. */

static void free_target(struct urt_target *t)
{
	put_pid(t->pid);
	put_cred(t->cred);
	t->session->ops->free(t);
}

static LLIST_HEAD(unused_targets);

/*
 * Not by call_rcu(): its callbacks are run many at a time with preemption off, and ten thousand
 * targets may go at once.
 */
static void free_unused(struct work_struct *work)
{
	struct llist_node *unused = llist_del_all(&unused_targets);
	struct urt_target *t, *next;

	if (!unused)
		return;
	synchronize_rcu();
	llist_for_each_entry_safe(t, next, unused, unused) {
		free_target(t);
		cond_resched();
	}
}

static DECLARE_WORK(free_work, free_unused);

/* From any context but NMI. */
void urt_target_put(struct urt_target *t)
{
	if (refcount_dec_and_test(&t->refs) && llist_add(&t->unused, &unused_targets))
		queue_work(urt_workqueue, &free_work);
}

/**
 * urt_targets_flush - wait until all targets are freed whose last reference was put
 */
void urt_targets_flush(void)
{
	/* Whoever found the list empty may not have come to it yet. */
	queue_work(urt_workqueue, &free_work);
	flush_work(&free_work);
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

static __always_inline void put_sample(struct urt_ring *ring, const struct urt_target *t,
				       const struct urt_totals *totals, u64 now)
{
	if (likely(urt_ring_has_slot(ring)))
		urt_record_totals(urt_ring_slot(ring), t, totals, USERTIME_RECORD_SAMPLE, now);
	else
		urt_ring_lose(ring, &(struct urt_lost) { .samples = 1 });
}

static void sample_task(struct urt_target *t, struct task_struct *leader, struct urt_ring *ring,
			u64 now)
{
	urt_account(leader, urt_precise_of(t), &t->totals);
	if (ring)
		put_sample(ring, t, &t->totals, now);
}

/* The probes that a target needs. */
static unsigned int probes_for(const struct urt_target *t)
{
	return (t->session->ring ? URT_PROBES_FOLLOW : URT_PROBES_EXIT) |
	       (urt_precise_of(t) ? URT_PROBE_SWITCH : 0);
}

/*
 * The timer runs from the first target to the last. Without slack: where a timer may fire early,
 * hrtimer_forward() does not move it on, and its callback would run over and over until it is due.
 */
static void start_timer(struct urt_session *s)
{
	if (s->period)
		hrtimer_start(&s->timer, ns_to_ktime(s->period), HRTIMER_MODE_REL);
}

static void unpin_tasks(struct urt_target *t)
{
	put_task_struct(t->leader);
	if (!test_bit(URT_ALONE, &t->flags))
		put_task_struct(t->last);
}

/* Every target may have an EXIT record coming. */
static void count_targets(struct urt_session *s, int more)
{
	s->nr_targets += more;
	urt_stat_add(URT_STAT_TARGETS, more);
	if (s->ring)
		urt_ring_reserve(s->ring, s->nr_targets);
}

static void link_target(struct urt_target *t)
{
	struct urt_session *s = t->session;

	list_add_tail(&t->link, &s->targets);
	count_targets(s, 1);
	if (s->nr_targets == 1)
		start_timer(s);
}

/**
 * urt_session_disown - the end of a target that is on no list of its session
 * @t: the target; not valid afterwards
 *
 * Claimed here, the exit probe keeps off. If the probe was first, it may be handing the target over
 * right now: the worker then finds it unlinked and drops what was pinned.
 */
void urt_session_disown(struct urt_target *t)
{
	set_bit(URT_CLAIMED, &t->flags);
	urt_index_remove(t);
	urt_target_put(t);
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

	list_del_init(&t->link);
	if (t->phase == URT_EXITING) {
		unpin_tasks(t);
		t->phase = URT_ALIVE;	/* nothing of the union is held */
		urt_target_put(t);
	}
	count_targets(s, -1);
	if (!s->nr_targets) {
		hrtimer_cancel(&s->timer);
		timer_delete_sync(&s->retry);
		clear_bit(URT_SAMPLE_DUE, &s->flags);
	}
	urt_probes_put(probes_for(t));
	urt_session_disown(t);
}

/*
 * Whether a target may be observed as it is now. A referenced cred is not used again: the same
 * pointer is the same credentials, which were judged.
 */
static __always_inline bool may_observe(struct urt_target *t, struct task_struct *leader)
{
	return likely(rcu_access_pointer(leader->real_cred) == t->cred) ||
	       t->session->ops->observable(t, leader);
}

/**
 * urt_session_add - begin to measure a process
 * @s: the session
 * @t: a new target, zeroed; URT_PRECISE is set if it is to be that, with a ring @nr, @start and
 *	@cred (referenced) are. On error it is given to urt_session_ops.free
 * @pid: the process; a reference is taken
 *
 * It is sampled at once. Caller holds the session's lock. Returns 0, -EEXIST if the process is in
 * the session already, -EBUSY as urt_index_insert() does, -ESRCH if it has exited, -EPERM if it may
 * not be observed any more, or what attaching the probes failed with.
 */
int urt_session_add(struct urt_session *s, struct urt_target *t, struct pid *pid)
{
	struct task_struct *leader;
	int err;

	t->session = s;
	t->pid = get_pid(pid);
	INIT_LIST_HEAD(&t->link);
	refcount_set(&t->refs, 1);
	err = urt_probes_get(probes_for(t));
	if (err)
		goto put_target;
	err = urt_index_insert(t);
	if (err)
		goto put_probes;

	/*
	 * An exit either sees the target in the index or is seen here: the barrier stands between
	 * our insertion and our reading of signal->live, as the atomic decrement of live does
	 * between that and the probe's look-up. In the same way an exec is seen by one of the two;
	 * since the process was found it may have become anybody's, at leisure.
	 */
	smp_mb();
	rcu_read_lock();
	leader = pid_task(pid, PIDTYPE_TGID);
	if (!leader || !atomic_read(&leader->signal->live))
		err = -ESRCH;
	else if (s->ring && !may_observe(t, leader))
		err = -EPERM;
	/* With a ring there is an EXIT to come if the probe was first; without it is too late. */
	if (err && (!test_and_set_bit(URT_CLAIMED, &t->flags) || !s->ring)) {
		rcu_read_unlock();
		urt_probes_put(probes_for(t));
		urt_session_disown(t);
		return err;
	}
	link_target(t);
	/* If it exited just now and the probe has it, the worker takes its totals. */
	if (err == -EPERM) {
		set_bit(URT_REFUSED, &t->flags);
	} else if (leader) {
		t->start = leader->start_boottime;
		sample_task(t, leader, s->ring, ktime_get_ns());
		s->threads += t->totals.threads;
	}
	rcu_read_unlock();
	if (urt_precise_of(t) && !err)
		urt_precise_begin(t);
	return 0;

put_probes:
	urt_probes_put(probes_for(t));
put_target:
	urt_target_put(t);
	return err;
}

/**
 * urt_session_adopt - measure a process that a probe has put into the index when it was forked
 * @t: the target, on no list yet
 *
 * Caller holds the session's lock. Returns 0 or what attaching the probes failed with.
 */
int urt_session_adopt(struct urt_target *t)
{
	int err = urt_probes_get(probes_for(t));

	if (err)
		return err;
	link_target(t);
	t->session->threads++;
	return 0;
}

/* Sampling. */

/* The last resort for a process that went without its exit being seen: keeps what was sampled. */
static void target_lost(struct urt_target *t)
{
	if (test_and_set_bit(URT_CLAIMED, &t->flags))
		return;		/* no: the probe saw it, the worker is about to */
	set_bit(URT_UNSEEN, &t->flags);
	t->exit.time = ktime_get_ns();
	t->phase = URT_EXITED;
	if (!t->cred)
		t->cred = get_current_cred();	/* the worker's: nobody's but root's */
	t->comm[0] = '\0';
	list_move_tail(&t->link, &t->session->exited);
}

/**
 * urt_session_refuse - sample a target no more, as it may not be observed
 * @t: the target, ALIVE, of a session with a ring
 *
 * Its totals will be taken when it exits. Caller holds the session's lock.
 */
void urt_session_refuse(struct urt_target *t)
{
	set_bit(URT_REFUSED, &t->flags);
	list_move_tail(&t->link, &t->session->refused);
}

static __always_inline bool still_observable(struct urt_target *t, struct task_struct *leader)
{
	if (may_observe(t, leader))
		return true;
	urt_session_refuse(t);
	return false;
}

/**
 * urt_session_publish - show what was put into the ring
 * @s: the session
 *
 * Caller holds the session's lock, as for each record that is put.
 */
void urt_session_publish(struct urt_session *s)
{
	struct usertime_producer *p = s->ring->producer;

	WRITE_ONCE(p->missed_periods, atomic64_read(&s->missed));
	WRITE_ONCE(p->refreshes, s->refreshes);
	urt_ring_publish(s->ring, s->nr_targets);
}

/* What pid_task() looks at, without its call. */
static __always_inline struct hlist_node *first_task(const struct urt_target *t)
{
	return rcu_dereference(hlist_first_rcu(&t->pid->tasks[PIDTYPE_TGID]));
}

/*
 * An ordinary sample: of a target that is there, with the credentials that it had, and of which
 * nothing runs. False if anything is different. Adds its threads to @threads.
 */
static __always_inline bool sample_asleep(struct urt_target *t, struct urt_ring *ring, u64 now,
					  u32 *threads)
{
	struct hlist_node *first = first_task(t);
	struct task_struct *leader;
	struct urt_totals totals;

	if (unlikely(!first || (!ring && urt_precise_of(t))))
		return false;
	leader = hlist_entry(first, struct task_struct, pid_links[PIDTYPE_TGID]);
	if (ring && unlikely(rcu_access_pointer(leader->real_cred) != t->cred))
		return false;
	if (unlikely(!urt_account_asleep(leader, &t->totals, &totals)))
		return false;
	*threads += totals.threads;
	if (ring)
		put_sample(ring, t, &totals, now);
	return true;
}

/* Any. Returns how many threads were sampled. Out of line: see asleep.h. */
static noinline u32 sample_any(struct urt_target *t, struct urt_ring *ring, u64 now)
{
	struct task_struct *leader = pid_task(t->pid, PIDTYPE_TGID);

	if (unlikely(!leader)) {
		target_lost(t);
		return 0;
	}
	if (ring && !still_observable(t, leader))
		return 0;
	sample_task(t, leader, ring, now);
	return t->totals.threads;
}

/*
 * The list cannot change: the lock is held. RCU is for the tasks. One timestamp and one head of the
 * ring for each batch.
 */
static __always_inline void sample_list(struct urt_session *s, struct urt_ring *ring, bool plain)
{
	struct list_head *pos, *next;
	u64 now = ktime_get_ns();
	unsigned int left = BATCH;
	struct urt_target *t;
	u32 threads = 0;

	rcu_read_lock();
	for (pos = s->targets.next; pos != &s->targets; pos = next) {
		t = list_entry(pos, struct urt_target, link);
		next = pos->next;	/* it may be moved to another list */
		if (!plain || unlikely(!sample_asleep(t, ring, now, &threads)))
			threads += sample_any(t, ring, now);
		if (likely(--left))
			continue;
		rcu_read_unlock();
		if (ring)
			urt_session_publish(s);
		cond_resched();
		rcu_read_lock();
		now = ktime_get_ns();
		left = BATCH;
	}
	rcu_read_unlock();
	s->threads = threads;
}

/* Three loops, each of which knows whether there is a ring, and whether its targets are precise. */
static void sample_targets(struct urt_session *s)
{
	if (!s->ring)
		sample_list(s, NULL, true);
	else if (!s->precise)
		sample_list(s, s->ring, true);
	else
		sample_list(s, s->ring, false);
}

/* Those that are not sampled must not be forgotten, either. */
static void find_lost(struct urt_session *s)
{
	struct urt_target *t, *next;

	rcu_read_lock();
	list_for_each_entry_safe(t, next, &s->refused, link)
		if (!first_task(t))
			target_lost(t);
	rcu_read_unlock();
}

static void expire_targets(struct urt_session *s)
{
	struct urt_target *t, *next;

	list_for_each_entry_safe(t, next, &s->exited, link)
		s->ops->expired(t);
}

/**
 * urt_session_sample - sample all targets now
 * @s: the session; caller holds its lock
 */
void urt_session_sample(struct urt_session *s)
{
	u64 begin = ktime_get_ns();

	expire_targets(s);
	sample_targets(s);
	find_lost(s);
	s->refreshes++;
	/* Counted first: whoever is woken finds it in stats. */
	urt_stats_refresh(ktime_get_ns() - begin);
	if (s->ops->refreshed)
		s->ops->refreshed(s);
}

/**
 * urt_session_sample_one - sample one target of a session without a ring now
 * @t: the target, in whatever phase: final totals stay as they are
 *
 * Caller holds the session's lock. Returns false if the values are those of the sample before, as
 * the process's threads come and go too fast.
 */
bool urt_session_sample_one(struct urt_target *t)
{
	struct task_struct *leader;
	bool taken;

	rcu_read_lock();
	leader = urt_target_task(t);
	taken = !leader || urt_account(leader, urt_precise_of(t), &t->totals);
	rcu_read_unlock();
	return taken;
}

static void add_list(const struct list_head *list, struct urt_totals *sum)
{
	const struct urt_target *t;

	list_for_each_entry(t, list, link) {
		sum->user += t->totals.user;
		sum->system += t->totals.system;
		sum->minor_faults += t->totals.minor_faults;
		sum->major_faults += t->totals.major_faults;
		cond_resched();
	}
}

/**
 * urt_session_sum - what all targets used, as of their last samples
 * @s: the session, without a ring; caller holds its lock
 * @sum: the result: times and faults; nothing else is set
 */
void urt_session_sum(const struct urt_session *s, struct urt_totals *sum)
{
	*sum = (struct urt_totals) { 0 };
	add_list(&s->targets, sum);
	add_list(&s->exiting, sum);
	add_list(&s->exited, sum);
}
EXPORT_SYMBOL_GPL(urt_session_sum);

static void count_missed(struct urt_session *s, u64 periods)
{
	atomic64_add(periods, &s->missed);
	urt_stat_add(URT_STAT_MISSED_PERIODS, periods);
}

static void refresh(struct urt_session *s)
{
	if (!s->ops->admit || s->ops->admit(s))
		urt_session_sample(s);
	else
		count_missed(s, 1);
}

/*
 * Kicks: a probe has a session's worker look at what it left there. What runs with interrupts off
 * does not grow with the sessions that are kicked at once.
 */

static LLIST_HEAD(kicked);

static void dispatch_kicked(struct work_struct *work)
{
	struct llist_node *all = llist_del_all(&kicked);
	struct urt_session *s, *next;

	llist_for_each_entry_safe(s, next, all, kicked) {
		clear_bit(URT_KICKED, &s->flags);
		queue_work(urt_workqueue, &s->work);
	}
}

static DECLARE_WORK(dispatch_work, dispatch_kicked);

static void kick_work(struct irq_work *work)
{
	queue_work(urt_workqueue, &dispatch_work);
}

static DEFINE_IRQ_WORK(kick, kick_work);

/* From any context but NMI. */
void urt_session_kick(struct urt_session *s)
{
	if (!test_and_set_bit(URT_KICKED, &s->flags))
		llist_add(&s->kicked, &kicked);
	irq_work_queue(&kick);
}

/* Nobody kicks the session any more; afterwards no kick is under way. */
static void finish_kicks(void)
{
	irq_work_sync(&kick);
	flush_work(&dispatch_work);
}

/* Events: what probes hand over. */

/**
 * urt_session_hand_over - a probe's part: give the worker an event
 * @s: the session, alive in the caller's RCU read section
 * @event: the event; what it is about is referenced by it
 * @kind: of which kind
 *
 * From any context but NMI.
 */
void urt_session_hand_over(struct urt_session *s, struct urt_event *event,
			   enum urt_event_kind kind)
{
	event->time = ktime_get_ns();
	event->kind = kind;
	llist_add(&event->node, &s->events);
	urt_session_kick(s);
}

/* Exits. */

/**
 * urt_session_target_exits - the exit probe's part: claim, pin, hand over
 * @t: the target, found in the index
 * @last: the dying thread, the caller; no thread of its group is alive
 *
 * Caller is in an RCU read section, with interrupts off.
 */
void urt_session_target_exits(struct urt_target *t, struct task_struct *last)
{
	if (test_and_set_bit(URT_CLAIMED, &t->flags))
		return;
	if (!refcount_inc_not_zero(&t->refs))
		return;
	t->leader = get_task_struct(last->group_leader);
	if (urt_account_alone(last, &t->others))
		set_bit(URT_ALONE, &t->flags);
	else
		t->last = get_task_struct(last);
	urt_session_hand_over(t->session, &t->exit, URT_EVENT_EXIT);
}

static bool off_cpu(struct task_struct *t)
{
	return urt_task_is_dead(t) && !urt_task_on_cpu(t);
}

/* No thread of the group will run again: its totals are final. */
static bool group_is_off_cpu(const struct urt_target *t)
{
	struct task_struct *thread;
	bool off = off_cpu(t->leader) && (test_bit(URT_ALONE, &t->flags) || off_cpu(t->last));

	rcu_read_lock();
	__for_each_thread(t->leader->signal, thread)
		off = off && off_cpu(thread);
	rcu_read_unlock();
	return off;
}

/* Takes the final totals; false if they cannot be had yet, as the process is just being reaped. */
static bool finish_target(struct urt_target *t)
{
	bool alone = test_bit(URT_ALONE, &t->flags), taken;
	char comm[TASK_COMM_LEN];

	t->start = t->leader->start_boottime;
	rcu_read_lock();
	taken = urt_account_final(t->leader, urt_precise_of(t), alone ? &t->others : NULL,
				  &t->totals);
	rcu_read_unlock();
	if (!taken)
		return false;

	t->phase = URT_EXITED;
	if (!t->cred)
		t->cred = get_task_cred(t->leader);
	memcpy(comm, t->leader->comm, sizeof(comm));
	unpin_tasks(t);
	memcpy(t->comm, comm, sizeof(comm));
	list_move_tail(&t->link, &t->session->exited);
	urt_stat_inc(URT_STAT_EXITS_CAUGHT);
	urt_target_put(t);
	return true;
}

static void take_exit(struct urt_session *s, struct urt_target *t)
{
	if (list_empty(&t->link)) {
		/* Removed in the meantime. */
		unpin_tasks(t);
		urt_target_put(t);
		return;
	}
	t->phase = URT_EXITING;
	list_move_tail(&t->link, &s->exiting);
}

/* Takes over what probes handed in, the oldest first. Returns whether there was anything. */
static bool take_events(struct urt_session *s)
{
	struct llist_node *events = llist_reverse_order(llist_del_all(&s->events));
	struct urt_event *event, *next;

	llist_for_each_entry_safe(event, next, events, node) {
		if (event->kind == URT_EVENT_EXIT)
			take_exit(s, container_of(event, struct urt_target, exit));
		else
			s->ops->event(s, event);
	}
	if (s->ring)
		s->ops->took_events(s);
	return events;
}

/* Returns whether some are still on their way out and worth waiting for. */
static bool finish_exits(struct urt_session *s)
{
	struct urt_target *t, *next;
	bool soon = false;

	list_for_each_entry_safe(t, next, &s->exiting, link) {
		if (!(group_is_off_cpu(t) && finish_target(t)) && t->looks < PATIENCE) {
			t->looks++;
			soon = true;
		}
		cond_resched();
	}
	if (!list_empty(&s->exiting))
		mod_timer(&s->retry, jiffies + (soon ? 1 : HZ / 4));
	if (!s->ops->exited_linger)
		expire_targets(s);
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
	for (times = 0; times < PATIENCE; times++) {
		take_events(s);
		if (!finish_exits(s))
			break;
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
		count_missed(s, missed);
	queue_work(urt_workqueue, &s->work);
	return HRTIMER_RESTART;
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
	take_events(s);
	if (test_and_clear_bit(URT_SAMPLE_DUE, &s->flags) && s->nr_targets)
		refresh(s);
	finish_exits(s);
	if (s->ring)
		urt_session_publish(s);
	mutex_unlock(&s->lock);
}

/**
 * urt_session_setup - make a session without targets
 * @s: the session, zeroed
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
	INIT_LIST_HEAD(&s->refused);
	s->period = period;
	hrtimer_setup(&s->timer, urt_session_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	INIT_WORK(&s->work, session_work);
	init_llist_head(&s->events);
	timer_setup(&s->retry, retry_work, 0);
}

/**
 * urt_session_drain - take what probes handed over after the last target was removed
 * @s: the session, without targets; nobody adds any, nor do its owner's probes
 *
 * To be called a grace period after that, and again a grace period after each call that returned
 * true: what was taken could be found by other probes until then.
 */
bool urt_session_drain(struct urt_session *s)
{
	bool any;

	mutex_lock(&s->lock);
	any = take_events(s);
	mutex_unlock(&s->lock);
	return any;
}

/* Afterwards nothing runs on behalf of a session that was drained. */
void urt_session_stop(struct urt_session *s)
{
	finish_kicks();
	cancel_work_sync(&s->work);
}

/**
 * urt_session_teardown - wait until nothing runs on behalf of a session
 * @s: the session
 *
 * Caller has removed all targets; nobody adds any. What is left then are probes in flight and the
 * work that they hand over.
 */
void urt_session_teardown(struct urt_session *s)
{
	do {
		synchronize_rcu();
	} while (urt_session_drain(s));
	urt_session_stop(s);
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
