// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following: a fork makes the child a target in the parent's context, before it runs, so that it
 * cannot exit unseen; the worker adopts it later. Probes cannot allocate: what they need was put
 * by. Where that is used up, it is counted, and the worker puts more by.
 */
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "follow.h"
#include "index.h"
#include "watch.h"

static_assert(!IS_ENABLED(CONFIG_64BIT) || sizeof(struct urt_spare) <= 256);

/* Spares. */

static bool put_spare(struct urt_spares *spares, struct urt_spare *spare)
{
	unsigned long flags;
	bool put;

	raw_spin_lock_irqsave(&spares->lock, flags);
	put = !spares->closed;
	if (put) {
		spare->next = spares->first;
		spares->first = spare;
		spares->nr++;
	}
	raw_spin_unlock_irqrestore(&spares->lock, flags);
	return put;
}

/* Zeroed, or NULL. Once they are closed, no probe adds anything to the session. */
static struct urt_spare *get_spare(struct urt_spares *spares)
{
	struct urt_spare *spare;
	unsigned long flags;

	raw_spin_lock_irqsave(&spares->lock, flags);
	spare = spares->first;
	if (spare) {
		spares->first = spare->next;
		spare->next = NULL;
		spares->nr--;
	}
	raw_spin_unlock_irqrestore(&spares->lock, flags);
	return spare;
}

static unsigned int missing(struct urt_spares *spares)
{
	unsigned long flags;
	unsigned int n;

	raw_spin_lock_irqsave(&spares->lock, flags);
	n = !spares->closed && spares->nr < spares->want ? spares->want - spares->nr : 0;
	raw_spin_unlock_irqrestore(&spares->lock, flags);
	return n;
}

/**
 * urt_spares_refill - put more by
 * @spares: the spares
 *
 * May sleep. Where memory is short there are fewer: probes count what they miss.
 */
void urt_spares_refill(struct urt_spares *spares)
{
	unsigned int n = missing(spares);
	struct urt_spare *spare;

	while (n--) {
		spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!spare)
			return;
		if (!put_spare(spares, spare)) {
			kfree(spare);
			return;
		}
	}
}

void urt_spares_init(struct urt_spares *spares)
{
	raw_spin_lock_init(&spares->lock);
}

static void free_spares(struct urt_spares *spares)
{
	struct urt_spare *spare;

	while ((spare = get_spare(spares)))
		kfree(spare);
}

/* Before there are targets; 0: none, and what there is goes. Returns 0 or -ENOMEM, and has none. */
int urt_spares_want(struct urt_spares *spares, unsigned int want)
{
	free_spares(spares);
	spares->want = want;
	urt_spares_refill(spares);
	if (spares->nr == want)
		return 0;
	spares->want = 0;
	free_spares(spares);
	return -ENOMEM;
}

/* From here on there are none, and none are put by. */
void urt_spares_close(struct urt_spares *spares)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&spares->lock, flags);
	spares->closed = true;
	raw_spin_unlock_irqrestore(&spares->lock, flags);
	free_spares(spares);
}

/* Probes. */

static void init_child(struct urt_watched *c, struct urt_target *parent, struct task_struct *task)
{
	struct urt_watch *w = urt_watch_of(parent->session);
	struct urt_target *t = &c->target;

	urt_watch_get(w);
	t->session = parent->session;
	t->pid = get_pid(task_tgid(task));
	t->nr = pid_nr_ns(t->pid, w->pid_ns);
	t->start = task->start_boottime;
	t->cred = get_cred(rcu_dereference(task->real_cred));
	INIT_LIST_HEAD(&t->link);
	refcount_set(&t->refs, 1);
	if (urt_precise_of(parent)) {
		__set_bit(URT_PRECISE, &t->flags);
		c->precise.counting = true;	/* from its first instruction on */
	}
	c->parent_nr = parent->nr;
	c->parent_start = parent->start;
}

static void lose_child(struct urt_target *t)
{
	atomic_inc(&urt_watch_of(t->session)->spares.no_child);
	urt_session_kick(t->session);
}

/**
 * urt_follow_fork - the fork probe's part: make the child a target, if it is to be followed
 * @t: the target that forks, found in the index
 * @child: the leader of the new thread group, which does not run yet
 *
 * Caller is in an RCU read section, with interrupts off.
 */
void urt_follow_fork(struct urt_target *t, struct task_struct *child)
{
	struct urt_watch *w = urt_watch_of(t->session);
	struct urt_spare *spare;
	int err;

	if (!w->follow || test_bit(URT_REFUSED, &t->flags))
		return;
	spare = get_spare(&w->spares);
	if (!spare) {
		lose_child(t);
		return;
	}
	init_child(&spare->child, t, child);
	err = urt_index_insert(&spare->child.target);
	if (err) {
		/* -EEXIST: somebody saw it and added it by hand. */
		if (err == -EBUSY)
			lose_child(t);
		urt_target_put(&spare->child.target);
		return;
	}
	urt_session_hand_over(t->session, &spare->child.fork, URT_EVENT_FORK);
}

/**
 * urt_follow_exec - the exec probe's part: note the new name
 * @t: the target that executes, found in the index
 * @task: its leader
 *
 * Caller is in an RCU read section, with interrupts off.
 */
void urt_follow_exec(struct urt_target *t, struct task_struct *task)
{
	struct urt_watch *w = urt_watch_of(t->session);
	struct urt_spare *spare;
	struct urt_exec *exec;

	if (!refcount_inc_not_zero(&t->refs))
		return;
	spare = get_spare(&w->spares);
	if (!spare) {
		atomic_inc(&w->spares.no_exec);
		urt_session_kick(t->session);
		urt_target_put(t);
		return;
	}
	exec = &spare->exec;
	exec->target = t;
	exec->cred = get_cred(rcu_dereference(task->real_cred));
	memcpy(exec->comm, task->comm, sizeof(exec->comm));
	urt_session_hand_over(t->session, &exec->event, URT_EVENT_EXEC);
}
