// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: the sessions behind /dev/urt. What session.c takes becomes records here, and what their
 * owner asks for is checked and charged.
 *
 * Release. The owner's targets go at once, with what they are charged for. Probes may still be
 * handing over what they saw, so the rest goes after a grace period, and whoever closes a thousand
 * of them does not wait a thousand times.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "index.h"
#include "param.h"
#include "precise.h"
#include "quota.h"
#include "record.h"
#include "ring.h"
#include "stats.h"
#include "visible.h"
#include "watch.h"

/* Charged as if they were threads: the timer and the worker of a period cost about as much. */
#define PERIOD_THREADS	100

/*
 * Memory put by for probes: a child that is forked and executes a program takes two. The worker
 * comes within a millisecond, but where a hypervisor takes the CPU away it may be much later.
 */
#define FOLLOW_SPARES	1024
#define EXEC_SPARES	16

/* Charged in steps: threads come and go. */
#define RATE_STEP	64

static struct urt_watched *watched_of(struct urt_target *t)
{
	return container_of(t, struct urt_watched, target);
}

static atomic_t nr_watches;

static void put_watch(struct urt_watch *w)
{
	if (!refcount_dec_and_test(&w->refs))
		return;
	kfree(w);
	atomic_dec(&nr_watches);
}

/* What is charged. */

static void give_back(struct urt_watch *w, enum urt_quota what, u64 n)
{
	urt_quota_uncharge_user(w->cred->fsuid, w->cred->user_ns, what, n);
}

static int charge_target(struct urt_watch *w)
{
	int err = urt_quota_charge_user(w->file, URT_QUOTA_TARGETS, 1);

	if (err)
		return err;
	err = urt_quota_charge_target(w->file);
	if (err)
		give_back(w, URT_QUOTA_TARGETS, 1);
	return err;
}

static void uncharge_target(struct urt_watch *w)
{
	urt_quota_uncharge_target();
	give_back(w, URT_QUOTA_TARGETS, 1);
}

static void unpay_threads(struct urt_watch *w)
{
	if (w->rate)
		give_back(w, URT_QUOTA_RATE, w->rate);
	w->rate = 0;
	w->paid_threads = 0;
}

/* Has the samples of so many threads a period charged. Returns 0, -EDQUOT or -ENOMEM. */
static int pay_threads(struct urt_watch *w, u32 threads)
{
	u32 steps = round_up(threads + 1, RATE_STEP);
	u64 rate;
	int err;

	if (!w->session.period)
		return 0;
	if (threads <= w->paid_threads && steps >= w->paid_threads / 4)
		return 0;
	rate = div64_u64((steps + PERIOD_THREADS) * (u64)NSEC_PER_SEC, w->session.period) + 1;
	if (rate > w->rate) {
		err = urt_quota_charge_user(w->file, URT_QUOTA_RATE, rate - w->rate);
		if (err)
			return err;
	} else if (rate < w->rate) {
		give_back(w, URT_QUOTA_RATE, w->rate - rate);
	}
	w->rate = rate;
	w->paid_threads = steps;
	return 0;
}

/* Where the threads of targets became too many, every so many periods are left out. */
static bool admit(struct urt_session *s)
{
	struct urt_watch *w = urt_watch_of(s);

	if (!pay_threads(w, s->threads))
		return true;
	w->credit += w->paid_threads;
	if (w->credit < s->threads)
		return false;
	w->credit = 0;
	return true;
}

/* Records. */

static void put_exit(struct urt_ring *ring, const struct urt_target *t)
{
	struct usertime_record *record;

	if (!urt_ring_has_exit_slot(ring)) {
		urt_ring_lose(ring, &(struct urt_lost) {
			.exits = 1,
			.user = t->totals.user,
			.system = t->totals.system,
		});
		return;
	}
	record = urt_ring_slot(ring);
	urt_record_totals(record, t, &t->totals, USERTIME_RECORD_EXIT, t->exit.time);
	if (test_bit(URT_REFUSED, &t->flags))
		record->flags |= USERTIME_FLAG_REFUSED;
	if (test_bit(URT_UNSEEN, &t->flags))
		record->flags |= USERTIME_FLAG_UNSEEN;
	ring->after_put_exit = ring->head;
}

static void put_event(struct urt_ring *ring, const struct usertime_record *event)
{
	if (urt_ring_has_slot(ring))
		*urt_ring_slot(ring) = *event;
	else
		urt_ring_lose(ring, &(struct urt_lost) { .events = 1 });
}

static void put_fork(struct urt_ring *ring, const struct urt_watched *c)
{
	put_event(ring, &(struct usertime_record) {
		.time = c->fork.time,
		.start = c->target.start,
		.parent_start = c->parent_start,
		.parent_pid = c->parent_nr,
		.pid = c->target.nr,
		.type = USERTIME_RECORD_FORK,
	});
}

static void put_exec(struct urt_ring *ring, const struct urt_exec *exec)
{
	struct usertime_record record = {
		.time = exec->event.time,
		.start = exec->target->start,
		.pid = exec->target->nr,
		.type = USERTIME_RECORD_EXEC,
	};

	strscpy(record.name, exec->comm, sizeof(record.name));
	put_event(ring, &record);
}

/* Targets. */

static void remove_target(struct urt_target *t)
{
	struct urt_watch *w = urt_watch_of(t->session);

	urt_session_remove(t);
	uncharge_target(w);
	if (!w->session.nr_targets)
		unpay_threads(w);
}

static void target_expired(struct urt_target *t)
{
	put_exit(t->session->ring, t);
	remove_target(t);
}

/* By @cred, which is referenced in place of the one before. */
static bool judge(struct urt_target *t, struct task_struct *task, const struct cred *cred)
{
	swap(t->cred, cred);
	put_cred(cred);
	return urt_may_observe(urt_watch_of(t->session)->file, task, t->cred);
}

static bool observable(struct urt_target *t, struct task_struct *leader)
{
	return judge(t, leader, get_cred(rcu_dereference(leader->real_cred)));
}

/* With what it is now: it may have executed a program. One that is gone gives no samples. */
static bool child_observable(struct urt_watch *w, const struct urt_target *t)
{
	struct task_struct *leader;
	bool may;

	rcu_read_lock();
	leader = urt_target_task(t);
	may = !leader || urt_may_observe(w->file, leader, t->cred);
	rcu_read_unlock();
	return may;
}

static int adopt(struct urt_watch *w, struct urt_target *t)
{
	int err = charge_target(w);

	if (err)
		return err;
	err = pay_threads(w, w->session.threads + 1);
	if (!err)
		err = urt_session_adopt(t);
	if (err)
		uncharge_target(w);
	return err;
}

/*
 * A child that was another user's from its fork on is no business of the owner's. One that merely
 * may not be observed by now is followed to its exit, as if that had become so later.
 */
static void take_fork(struct urt_watch *w, struct urt_watched *c)
{
	struct urt_target *t = &c->target;

	if (w->closing || !urt_may_observe(w->file, NULL, t->cred)) {
		urt_session_disown(t);
		return;
	}
	if (adopt(w, t)) {
		urt_session_disown(t);
		urt_ring_lose(w->session.ring, &(struct urt_lost) { .children = 1 });
		return;
	}
	urt_stat_inc(URT_STAT_FORKS_FOLLOWED);
	put_fork(w->session.ring, c);
	if (!child_observable(w, t))
		urt_session_refuse(t);
}

/* Exec is where a process becomes another user's. Meanwhile it may be gone. */
static bool exec_observable(struct urt_target *t, const struct cred *cred)
{
	bool may;

	rcu_read_lock();
	may = judge(t, urt_target_task(t), get_cred(cred));
	rcu_read_unlock();
	if (!may)
		urt_session_refuse(t);
	return may;
}

static void take_exec(struct urt_watch *w, struct urt_exec *exec)
{
	struct urt_target *t = exec->target;

	if (!list_empty(&t->link) && t->phase == URT_ALIVE &&
	    !test_bit(URT_REFUSED, &t->flags) && exec_observable(t, exec->cred))
		put_exec(w->session.ring, exec);
	urt_target_put(t);
	put_cred(exec->cred);
	kfree(exec);
}

static void take_event(struct urt_session *s, struct urt_event *event)
{
	if (event->kind == URT_EVENT_FORK)
		take_fork(urt_watch_of(s), container_of(event, struct urt_watched, fork));
	else
		take_exec(urt_watch_of(s), container_of(event, struct urt_exec, event));
}

/* What probes found no spares for; and more spares. */
static void took_events(struct urt_session *s)
{
	struct urt_watch *w = urt_watch_of(s);
	struct urt_lost lost = {
		.children = atomic_xchg(&w->spares.no_child, 0),
		.events = atomic_xchg(&w->spares.no_exec, 0),
	};

	if (lost.children || lost.events)
		urt_ring_lose(s->ring, &lost);
	urt_spares_refill(&w->spares);
}

static void free_watched(struct urt_target *t)
{
	struct urt_watch *w = urt_watch_of(t->session);

	kfree(watched_of(t));
	put_watch(w);
}

static const struct urt_session_ops watch_ops = {
	.expired = target_expired,
	.free = free_watched,
	.admit = admit,
	.observable = observable,
	.event = take_event,
	.took_events = took_events,
};

/* What the owner asks for. */

/**
 * urt_watch_open - make a session that is not set up
 * @file: whose opener is judged and charged; used until urt_watch_release()
 * Returns it or NULL.
 */
struct urt_watch *urt_watch_open(const struct file *file)
{
	struct urt_watch *w = kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);

	if (!w)
		return NULL;
	urt_session_setup(&w->session, &watch_ops, 0);
	urt_spares_init(&w->spares);
	mutex_init(&w->reading);
	refcount_set(&w->refs, 1);
	w->file = file;
	w->cred = get_cred(file->f_cred);
	w->pid_ns = get_pid_ns(task_active_pid_ns(current));
	atomic_inc(&nr_watches);
	urt_stat_inc(URT_STAT_SESSIONS);
	return w;
}

/*
 * Does not count towards the sessions that a process can be in: who may look at everybody's
 * processes is not kept from that by their owners' sessions.
 */
static bool opener_is_trusted(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_RESOURCE) ||
	       file_ns_capable(file, &init_user_ns, CAP_PERFMON);
}

static int make_ring(struct urt_watch *w, const struct usertime_setup *setup)
{
	unsigned int spares = setup->flags & USERTIME_SETUP_FOLLOW ? FOLLOW_SPARES : EXEC_SPARES;
	unsigned long pages = urt_ring_pages(setup->ring);
	u64 bytes = ((u64)pages << PAGE_SHIFT) + spares * sizeof(struct urt_spare);
	struct urt_ring *ring;
	int err;

	err = urt_quota_charge_user(w->file, URT_QUOTA_BYTES, bytes);
	if (err)
		return err;
	err = account_locked_vm(current->mm, pages, true);
	if (err)
		goto uncharge;
	err = urt_spares_want(&w->spares, spares);
	if (err)
		goto unlock_vm;
	ring = urt_ring_new(setup->ring, setup->watermark,
			    setup->flags & USERTIME_SETUP_WAKE_EXIT);
	err = PTR_ERR_OR_ZERO(ring);
	if (err)
		goto drop_spares;

	mmgrab(current->mm);
	w->mm = current->mm;
	w->pages = pages;
	w->bytes = bytes;
	w->follow = setup->flags & USERTIME_SETUP_FOLLOW;
	w->session.period = setup->period;
	w->session.precise = setup->flags & USERTIME_SETUP_PRECISE;
	w->session.unlimited = opener_is_trusted(w->file);
	/* Pairs with urt_watch_ring(): who sees the ring sees all of the setup. */
	smp_store_release(&w->session.ring, ring);
	return 0;

drop_spares:
	urt_spares_want(&w->spares, 0);
unlock_vm:
	account_locked_vm(current->mm, pages, false);
uncharge:
	give_back(w, URT_QUOTA_BYTES, bytes);
	return err;
}

u64 urt_watch_period_min(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_NICE) ? 100 * NSEC_PER_USEC :
								    NSEC_PER_MSEC;
}

#define KNOWN_FLAGS	(USERTIME_SETUP_FOLLOW | USERTIME_SETUP_WAKE_EXIT | USERTIME_SETUP_PRECISE)

u32 urt_watch_setup_flags(void)
{
	return urt_precise_possible() ? KNOWN_FLAGS : KNOWN_FLAGS & ~USERTIME_SETUP_PRECISE;
}

/**
 * urt_watch_check_setup - see whether a setup is valid
 * @w: the watch
 * @setup: what is asked for; returned is what urt_watch_setup() makes of it
 * Returns 0 or an error as in uapi/usertime.h.
 */
int urt_watch_check_setup(const struct urt_watch *w, struct usertime_setup *setup)
{
	if (setup->flags & ~KNOWN_FLAGS || setup->period > URT_PERIOD_MAX ||
	    (setup->period && setup->period < 100 * NSEC_PER_USEC) ||
	    setup->ring > URT_RING_MAX ||
	    memchr_inv(setup->reserved, 0, sizeof(setup->reserved)))
		return -EINVAL;
	if (setup->period && setup->period < urt_watch_period_min(w->file))
		return -EPERM;
	if (setup->flags & ~urt_watch_setup_flags())
		return -EOPNOTSUPP;
	setup->ring = urt_ring_round(setup->ring);
	setup->watermark = setup->watermark ?: 1;
	if (setup->watermark > setup->ring)
		return -EINVAL;
	setup->consumer_size = PAGE_SIZE;
	setup->producer_size = urt_ring_producer_size(setup->ring);
	setup->data_offset = PAGE_SIZE;
	return 0;
}

/**
 * urt_watch_setup - give a session its period and its ring
 * @w: the watch
 * @setup: of urt_watch_check_setup()
 * Returns 0 or an error as in uapi/usertime.h.
 */
int urt_watch_setup(struct urt_watch *w, const struct usertime_setup *setup)
{
	int err;

	if (test_and_set_bit(0, &w->setting_up))
		return -EBUSY;
	if (setup->flags & USERTIME_SETUP_PRECISE)
		urt_precise_calibrate();
	err = make_ring(w, setup);
	if (err)
		clear_bit(0, &w->setting_up);
	return err;
}

/**
 * urt_watch_find - find a process that is to be added
 * @w: the watch, set up
 * @nr: its number in the opener's PID namespace
 * @start: when it was forked, or 0
 * @found: for urt_watch_add() or urt_watch_put_found()
 * Returns 0 or an error as in uapi/usertime.h.
 */
int urt_watch_find(const struct urt_watch *w, pid_t nr, u64 start, struct urt_found *found)
{
	struct task_struct *task;
	struct pid *pid;
	int err = 0;

	if (nr < 1)
		return -EINVAL;
	rcu_read_lock();
	pid = find_pid_ns(nr, w->pid_ns);
	task = pid_task(pid, PIDTYPE_PID);
	if (!task || !atomic_read(&task->signal->live) ||
	    (start && start != task->start_boottime))
		err = -ESRCH;
	else if (!thread_group_leader(task) || READ_ONCE(task->flags) & PF_KTHREAD)
		err = -EINVAL;
	else if (!urt_may_observe(w->file, task, __task_cred(task)))
		err = -EPERM;
	else
		*found = (struct urt_found) {
			.nr = nr,
			.pid = get_pid(pid),
			.cred = get_cred(__task_cred(task)),
			.start = task->start_boottime,
			.threads = READ_ONCE(task->signal->nr_threads),
		};
	rcu_read_unlock();
	return err;
}

void urt_watch_put_found(struct urt_found *found)
{
	put_cred(found->cred);
	put_pid(found->pid);
}

static int add_target(struct urt_watch *w, const struct urt_found *found)
{
	struct urt_watched *watched;
	int err;

	watched = kzalloc(sizeof(*watched), GFP_KERNEL_ACCOUNT);
	if (!watched)
		return -ENOMEM;
	urt_watch_get(w);
	watched->target.nr = found->nr;
	watched->target.cred = get_cred(found->cred);
	if (w->session.precise)
		__set_bit(URT_PRECISE, &watched->target.flags);
	watched->target.start = found->start;	/* a child may want it at once */
	err = urt_session_add(&w->session, &watched->target, found->pid);
	if (err)
		return err;		/* and the session frees it */
	urt_session_publish(&w->session);
	return 0;
}

static int charge_and_add(struct urt_watch *w, const struct urt_found *found)
{
	int err;

	if (urt_index_find(&w->session, found->pid))
		return -EEXIST;
	err = charge_target(w);
	if (err)
		return err;
	err = pay_threads(w, w->session.threads + found->threads);
	if (!err)
		err = add_target(w, found);
	if (!err)
		return 0;
	if (!w->session.nr_targets)
		unpay_threads(w);
	uncharge_target(w);
	return err;
}

/**
 * urt_watch_add - add a process
 * @w: the watch, set up
 * @found: of urt_watch_find(); put
 * Returns 0 or an error as in uapi/usertime.h.
 */
int urt_watch_add(struct urt_watch *w, struct urt_found *found)
{
	int err;

	mutex_lock(&w->session.lock);
	err = charge_and_add(w, found);
	mutex_unlock(&w->session.lock);
	urt_watch_put_found(found);
	return err;
}

/**
 * urt_watch_remove - remove a process
 * @w: the watch, set up
 * @nr: its number in the opener's PID namespace
 * @start: when it was forked, or 0
 * Returns 0 or an error as in uapi/usertime.h.
 */
int urt_watch_remove(struct urt_watch *w, pid_t nr, u64 start)
{
	struct urt_target *t = NULL;
	struct pid *pid;

	if (nr < 1)
		return -EINVAL;
	rcu_read_lock();
	pid = get_pid(find_pid_ns(nr, w->pid_ns));
	rcu_read_unlock();

	mutex_lock(&w->session.lock);
	if (pid)
		t = urt_index_find(&w->session, pid);
	/* One that was just followed, and is in the index only, is not there yet. */
	if (t && (list_empty(&t->link) || (start && start != t->start)))
		t = NULL;
	if (t) {
		remove_target(t);
		urt_session_publish(&w->session);
	}
	mutex_unlock(&w->session.lock);
	put_pid(pid);
	return t ? 0 : -ESRCH;
}

/**
 * urt_watch_sample - sample all targets, and finish those that have ended
 * @w: the watch, set up
 */
void urt_watch_sample(struct urt_watch *w)
{
	struct urt_session *s = &w->session;

	mutex_lock(&s->lock);
	urt_session_settle(s);
	urt_session_sample(s);
	urt_session_publish(s);
	mutex_unlock(&s->lock);
}

/* Release. */

static void remove_all(struct urt_watch *w)
{
	struct urt_session *s = &w->session;
	struct list_head *lists[] = { &s->targets, &s->exiting, &s->exited, &s->refused };
	struct urt_target *t, *next;
	int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		list_for_each_entry_safe(t, next, lists[i], link) {
			remove_target(t);
			cond_resched();
		}
	}
}

static void free_ring(struct urt_watch *w)
{
	if (!w->session.ring)
		return;
	urt_ring_free(w->session.ring);
	account_locked_vm(w->mm, w->pages, false);
	mmdrop(w->mm);
	give_back(w, URT_QUOTA_BYTES, w->bytes);
}

/* A grace period after the last target went. */
static void finish_release(struct work_struct *work)
{
	struct urt_watch *w = container_of(to_rcu_work(work), struct urt_watch, release);

	if (urt_session_drain(&w->session)) {
		queue_rcu_work(urt_workqueue, &w->release);
		return;
	}
	urt_session_stop(&w->session);
	free_ring(w);
	put_pid_ns(w->pid_ns);
	put_cred(w->cred);
	urt_stat_dec(URT_STAT_SESSIONS);
	put_watch(w);
}

/**
 * urt_watch_release - end a session
 * @w: the watch; no descriptor and no mapping of it is left
 */
void urt_watch_release(struct urt_watch *w)
{
	urt_spares_close(&w->spares);
	mutex_lock(&w->session.lock);
	w->closing = true;
	remove_all(w);
	mutex_unlock(&w->session.lock);
	INIT_RCU_WORK(&w->release, finish_release);
	queue_rcu_work(urt_workqueue, &w->release);
}

/* No file is open, and none will be: waits for those that are being released. */
void urt_watches_exit(void)
{
	while (atomic_read(&nr_watches)) {
		rcu_barrier();
		flush_workqueue(urt_workqueue);
	}
}
