// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoint probes.
 *
 * Attaching patches kernel text, so it is not done for each registration: the probes stay for a
 * second after the last target went.
 *
 * A probe runs with preemption off (before 7.x) or under SRCU, in the context of the task
 * concerned, and on every exit (fork, exec) of the machine: it looks the process up under RCU and
 * hands the work to a session's worker; it never allocates, wakes up or takes a lock that could
 * sleep. Where a process is in several sessions interrupts are off until all have theirs: then
 * their workers are woken by one interrupt.
 */
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <trace/events/sched.h>

#include "follow.h"
#include "index.h"
#include "precise.h"
#include "probe.h"
#include "session.h"
#include "stats.h"

/* The thread that leaves is past its accounting of signal->live: at zero it was the last one. */
static void handle_exit(struct task_struct *task)
{
	struct pid *pid = task_tgid(task);
	struct hlist_head *chain = urt_index_chain(pid);
	struct urt_target *t;
	unsigned long flags;

	if (likely(atomic_read(&task->signal->live)) || hlist_empty(chain))
		return;
	local_irq_save(flags);
	rcu_read_lock();
	hlist_for_each_entry_rcu(t, chain, hash)
		if (t->pid == pid)
			urt_session_target_exits(t, task);
	rcu_read_unlock();
	local_irq_restore(flags);
}

#ifdef URT_HAVE_EXIT_GROUP_DEAD
static void urt_probe_exit(void *data, struct task_struct *task, bool group_dead)
#else
static void urt_probe_exit(void *data, struct task_struct *task)
#endif
{
	handle_exit(task);
}

/* Threads are forked, too: leaders only. The child is not running yet. */
static void urt_probe_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct pid *pid = task_tgid(parent);
	struct hlist_head *chain = urt_index_chain(pid);
	struct urt_target *t;
	unsigned long flags;

	if (!thread_group_leader(child) || hlist_empty(chain))
		return;
	local_irq_save(flags);
	rcu_read_lock();
	hlist_for_each_entry_rcu(t, chain, hash)
		if (t->pid == pid && t->session->ring)
			urt_follow_fork(t, child);
	rcu_read_unlock();
	local_irq_restore(flags);
}

static void urt_probe_exec(void *data, struct task_struct *task, pid_t old_pid,
			   struct linux_binprm *bprm)
{
	struct pid *pid = task_tgid(task);
	struct hlist_head *chain = urt_index_chain(pid);
	struct urt_target *t;
	unsigned long flags;

	if (hlist_empty(chain))
		return;
	local_irq_save(flags);
	rcu_read_lock();
	hlist_for_each_entry_rcu(t, chain, hash)
		if (t->pid == pid && t->session->ring)
			urt_follow_exec(t, task);
	rcu_read_unlock();
	local_irq_restore(flags);
}

#ifdef URT_HAVE_SWITCH_PREV_STATE
static void urt_probe_switch(void *data, bool preempt, struct task_struct *prev,
			     struct task_struct *next, unsigned int prev_state)
#else
static void urt_probe_switch(void *data, bool preempt, struct task_struct *prev,
			     struct task_struct *next)
#endif
{
	urt_precise_switch(prev, next);
}

/* By bit of the sets. The tracepoints are not exported: they are found by name. */
static struct probe {
	const char *name;
	void *function;
	struct tracepoint *tracepoint;
	unsigned int users;
	bool attached;
} probes[] = {
	{ "sched_process_exit", urt_probe_exit },
	{ "sched_process_fork", urt_probe_fork },
	{ "sched_process_exec", urt_probe_exec },
	{ "sched_switch", urt_probe_switch },
};

static DEFINE_MUTEX(probe_lock);	/* nests inside a session's lock */

static void find_tracepoint(struct tracepoint *tp, void *unused)
{
	struct probe *p;

	for (p = probes; p < probes + ARRAY_SIZE(probes); p++)
		if (!strcmp(tp->name, p->name))
			p->tracepoint = tp;
}

static int attach(struct probe *p)
{
	int err;

	if (p->attached)
		return 0;
	err = tracepoint_probe_register(p->tracepoint, p->function, NULL);
	if (err)
		return err;
	p->attached = true;
	urt_stat_inc(URT_STAT_PROBE_ATTACHES);
	return 0;
}

static void detach(struct probe *p)
{
	if (!p->attached)
		return;
	tracepoint_probe_unregister(p->tracepoint, p->function, NULL);
	p->attached = false;
}

static void detach_unused(struct work_struct *work)
{
	struct probe *p;

	mutex_lock(&probe_lock);
	for (p = probes; p < probes + ARRAY_SIZE(probes); p++)
		if (!p->users)
			detach(p);
	mutex_unlock(&probe_lock);
}

static DECLARE_DELAYED_WORK(detach_work, detach_unused);

static void drop(unsigned int set)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (set & BIT(i) && !--probes[i].users)
			mod_delayed_work(urt_workqueue, &detach_work, HZ);
}

int urt_probes_get(unsigned int set)
{
	int i, err = 0;

	mutex_lock(&probe_lock);
	for (i = 0; i < ARRAY_SIZE(probes) && !err; i++) {
		if (!(set & BIT(i)))
			continue;
		err = attach(&probes[i]);
		if (err)
			drop(set & (BIT(i) - 1));
		else
			probes[i].users++;
	}
	mutex_unlock(&probe_lock);
	return err;
}

void urt_probes_put(unsigned int set)
{
	mutex_lock(&probe_lock);
	drop(set);
	mutex_unlock(&probe_lock);
}

int urt_probes_init(void)
{
	struct probe *p;

	/* tracepoint_probe_register() takes any pointer: this is what checks the prototypes. */
	check_trace_callback_type_sched_process_exit(urt_probe_exit);
	check_trace_callback_type_sched_process_fork(urt_probe_fork);
	check_trace_callback_type_sched_process_exec(urt_probe_exec);
	check_trace_callback_type_sched_switch(urt_probe_switch);

	for_each_kernel_tracepoint(find_tracepoint, NULL);
	for (p = probes; p < probes + ARRAY_SIZE(probes); p++)
		if (!p->tracepoint)
			return -ENOENT;
	return 0;
}

/* No target is left; afterwards no probe runs any more. */
void urt_probes_exit(void)
{
	struct probe *p;

	cancel_delayed_work_sync(&detach_work);
	mutex_lock(&probe_lock);
	for (p = probes; p < probes + ARRAY_SIZE(probes); p++)
		detach(p);
	mutex_unlock(&probe_lock);
	tracepoint_synchronize_unregister();
}
