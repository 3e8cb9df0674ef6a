// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoint probes.
 *
 * Attaching patches kernel text, so it is not done for each registration: the probes stay for a
 * second after the last target went.
 *
 * A probe runs with preemption off (before 7.x) or under SRCU, in the context of the task
 * concerned, and on every exit of the machine: it looks the process up under RCU and hands the work
 * to a session's worker; it never allocates, wakes up or takes a lock that could sleep.
 */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <trace/events/sched.h>

#include "index.h"
#include "probe.h"
#include "session.h"
#include "stats.h"

/* The thread that leaves is past its accounting of signal->live: at zero it was the last one. */
static void handle_exit(struct task_struct *task)
{
	struct pid *pid = task_tgid(task);
	struct urt_target *t;

	if (likely(atomic_read(&task->signal->live)))
		return;
	rcu_read_lock();
	hlist_for_each_entry_rcu(t, urt_index_chain(pid), hash)
		if (t->pid == pid)
			urt_session_target_exits(t, task);
	rcu_read_unlock();
}

#ifdef URT_HAVE_EXIT_GROUP_DEAD
static void urt_probe_exit(void *data, struct task_struct *task, bool group_dead)
#else
static void urt_probe_exit(void *data, struct task_struct *task)
#endif
{
	handle_exit(task);
}

/* The tracepoints are not exported: they are found by name. */
static struct tracepoint *exit_tracepoint;

static void find_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_exit"))
		exit_tracepoint = tp;
}

static DEFINE_MUTEX(lock);	/* nests inside a session's lock */
static unsigned int users;
static bool attached;

static void detach(void)
{
	if (!attached)
		return;
	tracepoint_probe_unregister(exit_tracepoint, urt_probe_exit, NULL);
	attached = false;
}

static void detach_if_unused(struct work_struct *work)
{
	mutex_lock(&lock);
	if (!users)
		detach();
	mutex_unlock(&lock);
}

static DECLARE_DELAYED_WORK(detach_work, detach_if_unused);

int urt_probes_get(void)
{
	int err = 0;

	mutex_lock(&lock);
	if (!attached) {
		err = tracepoint_probe_register(exit_tracepoint, urt_probe_exit, NULL);
		if (err)
			goto out;
		attached = true;
		urt_stat_inc(URT_STAT_PROBE_ATTACHES);
	}
	users++;
out:
	mutex_unlock(&lock);
	return err;
}

void urt_probes_put(void)
{
	mutex_lock(&lock);
	if (!--users)
		mod_delayed_work(urt_workqueue, &detach_work, HZ);
	mutex_unlock(&lock);
}

int urt_probes_init(void)
{
	/* tracepoint_probe_register() takes any pointer: this is what checks the prototype. */
	check_trace_callback_type_sched_process_exit(urt_probe_exit);

	for_each_kernel_tracepoint(find_tracepoint, NULL);
	return exit_tracepoint ? 0 : -ENOENT;
}

/* No target is left; afterwards no probe runs any more. */
void urt_probes_exit(void)
{
	cancel_delayed_work_sync(&detach_work);
	mutex_lock(&lock);
	detach();
	mutex_unlock(&lock);
	tracepoint_synchronize_unregister();
}
