// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registries: sessions that are shared by all and whose targets are held by users.
 *
 * Besides the session's list and the index by struct pid, a red-black tree orders the processes by
 * the numbers that they have in each PID namespace they are in, so that a read can be resumed
 * anywhere, and costs the same in a container as outside. All of it is under the session's lock.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "index.h"
#include "param.h"
#include "precise.h"
#include "quota.h"
#include "registry.h"
#include "stats.h"
#include "visible.h"

/* A process in the initial PID namespace with one holder stays within the budget. */
static_assert(!IS_ENABLED(CONFIG_64BIT) ||
	      sizeof(struct urt_entry) + sizeof(struct urt_name) + sizeof(struct urt_hold) <= 256);

/* Names. */

static int compare(const struct pid_namespace *ns, pid_t nr, const struct urt_name *name)
{
	if (ns != name->ns)
		return ns < name->ns ? -1 : 1;
	return nr < name->nr ? -1 : nr > name->nr;
}

struct urt_name *urt_registry_find(const struct urt_registry *r, const struct pid_namespace *ns,
				   pid_t nr)
{
	struct rb_node *node = r->by_number.rb_node;
	struct urt_name *name, *found = NULL;

	while (node) {
		name = rb_entry(node, struct urt_name, node);
		if (compare(ns, nr, name) <= 0) {
			found = name;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found && found->ns == ns ? found : NULL;
}

static void insert_name(struct urt_registry *r, struct urt_name *new)
{
	struct rb_node **link = &r->by_number.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (compare(new->ns, new->nr, rb_entry(parent, struct urt_name, node)) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &r->by_number);
}

/* Holds. */

static struct urt_hold *find_hold(const struct urt_entry *e, kuid_t uid)
{
	struct urt_hold *hold;

	hlist_for_each_entry(hold, &e->holds, node)
		if (uid_eq(hold->uid, uid))
			return hold;
	return NULL;
}

static int add_hold(struct hlist_head *holds, const struct file *file)
{
	struct urt_hold *hold;
	int err;

	err = urt_quota_charge_user(file, URT_QUOTA_TARGETS, 1);
	if (err)
		return err;
	hold = kmalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);
	if (!hold) {
		urt_quota_uncharge_user(file->f_cred->fsuid, file->f_cred->user_ns,
					URT_QUOTA_TARGETS, 1);
		return -ENOMEM;
	}
	hold->uid = file->f_cred->fsuid;
	hold->ns = get_user_ns(file->f_cred->user_ns);
	hlist_add_head(&hold->node, holds);
	return 0;
}

static void drop_hold(struct urt_hold *hold)
{
	hlist_del(&hold->node);
	urt_quota_uncharge_user(hold->uid, hold->ns, URT_QUOTA_TARGETS, 1);
	put_user_ns(hold->ns);
	kfree(hold);
}

static void drop_holds(struct hlist_head *holds)
{
	struct urt_hold *hold;
	struct hlist_node *next;

	hlist_for_each_entry_safe(hold, next, holds, node)
		drop_hold(hold);
}

/* Entries. */

/* What joins and leaves is told with totals of now: a group that keeps changing gets more tries. */
static void sample_now(struct urt_target *t)
{
	int tries = 0;

	while (!urt_session_sample_one(t) && ++tries < 32)
		cond_resched();
}

static void remove_entry(struct urt_entry *e, enum urt_stat why)
{
	struct urt_registry *r = urt_registry_of(e->target.session);
	unsigned int i;

	if (r->ops->leaving) {
		sample_now(&e->target);
		r->ops->leaving(r, &e->target);
	}
	for (i = 0; i <= e->target.pid->level; i++)
		rb_erase(&e->names[i].node, &r->by_number);
	drop_holds(&e->holds);
	urt_stat_inc(why);
	urt_session_remove(&e->target);
	urt_quota_uncharge_target();
}

/*
 * A number is unique among the living. Who still has it here has exited and is shown for the last
 * time; a process registered under the same number takes its place, so that no PID is listed twice.
 */
static void insert_names(struct urt_registry *r, struct urt_entry *e)
{
	struct pid *pid = e->target.pid;
	struct urt_name *name, *old;
	unsigned int i;

	for (i = 0; i <= pid->level; i++) {
		name = &e->names[i];
		name->ns = pid->numbers[i].ns;
		name->nr = pid->numbers[i].nr;
		name->level = i;
		old = urt_registry_find(r, name->ns, name->nr);
		if (old && old->nr == name->nr)
			remove_entry(urt_name_entry(old), URT_STAT_EXITED);
		insert_name(r, name);
	}
}

static struct urt_entry *alloc_entry(const struct pid *pid, bool precise)
{
	size_t in_front = precise ? sizeof(struct urt_precise) : 0;
	struct urt_entry *e;
	void *memory;

	memory = kzalloc(in_front + struct_size(e, names, pid->level + 1), GFP_KERNEL_ACCOUNT);
	if (!memory)
		return NULL;
	e = memory + in_front;
	if (precise) {
		__set_bit(URT_PRECISE, &e->target.flags);
		urt_precise_calibrate();
	}
	return e;
}

static int new_entry(struct urt_registry *r, const struct file *file, struct pid *pid)
{
	HLIST_HEAD(holds);
	struct urt_entry *e;
	int err;

	err = add_hold(&holds, file);
	if (err)
		return err;
	err = urt_quota_charge_target(file);
	if (err)
		goto drop_hold;
	err = -ENOMEM;
	e = alloc_entry(pid, urt_precise_wanted() && urt_precise_possible());
	if (!e)
		goto uncharge;
	err = urt_session_add(&r->session, &e->target, pid);
	if (err)
		goto uncharge;		/* and the session frees it */
	hlist_move_list(&holds, &e->holds);
	insert_names(r, e);
	urt_stat_inc(URT_STAT_REGISTERED);
	if (r->ops->joined) {
		sample_now(&e->target);
		r->ops->joined(r, &e->target);
	}
	return 0;

uncharge:
	urt_quota_uncharge_target();
drop_hold:
	drop_holds(&holds);
	return err;
}

/* Callbacks of the session. */

static void registry_refreshed(struct urt_session *s)
{
	struct urt_registry *r = urt_registry_of(s);

	if (r->ops->refreshed)
		r->ops->refreshed(r);
	WRITE_ONCE(r->refreshes, r->refreshes + 1);
	wake_up_interruptible_poll(&r->wait, EPOLLPRI);
}

static void forget_expired(struct urt_target *t)
{
	remove_entry(urt_entry_of(t), URT_STAT_EXITED);
}

static void free_entry(struct urt_target *t)
{
	/* Its memory begins with what lies in front of the target, which it begins with itself. */
	kfree(urt_precise_of(t) ?: (void *)urt_entry_of(t));
}

static const struct urt_session_ops lingering_ops = {
	.exited_linger = true,
	.refreshed = registry_refreshed,
	.expired = forget_expired,
	.free = free_entry,
};

static const struct urt_session_ops prompt_ops = {
	.refreshed = registry_refreshed,
	.expired = forget_expired,
	.free = free_entry,
};

/* What users ask for. */

/*
 * The process that is called @nr where @file was opened, referenced. -ESRCH covers whatever is not
 * there or not visible, so that no other error tells of a hidden process.
 */
static int find_visible(const struct file *file, pid_t nr, struct pid **process)
{
	struct task_struct *task;
	struct pid *pid;
	int err = -ESRCH;

	rcu_read_lock();
	pid = find_pid_ns(nr, proc_pid_ns(file_inode(file)->i_sb));
	task = pid_task(pid, PIDTYPE_PID);
	if (!task || !urt_visible(file, task, __task_cred(task)) ||
	    !atomic_read(&task->signal->live))
		goto out;
	if (!thread_group_leader(task) || READ_ONCE(task->flags) & PF_KTHREAD) {
		err = -EINVAL;
		goto out;
	}
	*process = get_pid(pid);
	err = 0;
out:
	rcu_read_unlock();
	return err;
}

/**
 * urt_registry_add - register a process for the user who opened a file
 * @r: the registry
 * @file: its file, says who asks and through which procfs mount
 * @nr: the process, by its number in that mount's PID namespace
 *
 * Returns 0, also if that user has registered it already; -ESRCH, -EINVAL, -EDQUOT, -ENOSPC or
 * -ENOMEM, and nothing is changed.
 */
int urt_registry_add(struct urt_registry *r, const struct file *file, pid_t nr)
{
	struct urt_target *t;
	struct pid *pid;
	int err;

	err = find_visible(file, nr, &pid);
	if (err)
		return err;
	mutex_lock(&r->session.lock);
	t = urt_index_find(&r->session, pid);
	if (!t)
		err = new_entry(r, file, pid);
	else if (!find_hold(urt_entry_of(t), file->f_cred->fsuid))
		err = add_hold(&urt_entry_of(t)->holds, file);
	mutex_unlock(&r->session.lock);
	put_pid(pid);
	return err;
}

/* Who may end a registration altogether: the process's own user, and CAP_SYS_PTRACE over it. */
static bool may_end(const struct file *file, struct pid *pid)
{
	struct task_struct *task;
	const struct cred *cred;
	bool may = false;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	if (task) {
		cred = __task_cred(task);
		may = urt_same_user(file, cred) ||
		      file_ns_capable(file, cred->user_ns, CAP_SYS_PTRACE);
	}
	rcu_read_unlock();
	return may;
}

static int end_registration(struct urt_registry *r, const struct file *file, struct pid *pid)
{
	struct urt_target *t = urt_index_find(&r->session, pid);
	struct urt_hold *hold;
	struct urt_entry *e;

	if (!t)
		return -ESRCH;
	e = urt_entry_of(t);
	hold = find_hold(e, file->f_cred->fsuid);
	if (may_end(file, pid))
		drop_holds(&e->holds);
	else if (hold)
		drop_hold(hold);
	else
		return -EPERM;
	if (hlist_empty(&e->holds))
		remove_entry(e, URT_STAT_REMOVED);
	return 0;
}

/**
 * urt_registry_remove - drop the hold of the user who opened a file, or all if that user may
 * @r: the registry
 * @file: its file, says who asks and through which procfs mount
 * @nr: the process, by its number in that mount's PID namespace
 *
 * Returns 0, -ESRCH or -EPERM.
 */
int urt_registry_remove(struct urt_registry *r, const struct file *file, pid_t nr)
{
	struct pid *pid;
	int err;

	err = find_visible(file, nr, &pid);
	if (err)
		return -ESRCH;		/* a thread is not registered, either */
	mutex_lock(&r->session.lock);
	err = end_registration(r, file, pid);
	mutex_unlock(&r->session.lock);
	put_pid(pid);
	return err;
}

struct urt_name *urt_registry_next(const struct urt_name *name)
{
	struct urt_name *next = rb_entry_safe(rb_next(&name->node), struct urt_name, node);

	return next && next->ns == name->ns ? next : NULL;
}

void urt_registry_settle(struct urt_registry *r)
{
	mutex_lock(&r->session.lock);
	urt_session_settle(&r->session);
	mutex_unlock(&r->session.lock);
}

/**
 * urt_registry_setup - make an empty registry
 * @r: the registry, zeroed
 * @ops: what is special about it
 * @period: between two refreshes, ns; 10 ms to an hour
 */
void urt_registry_setup(struct urt_registry *r, const struct urt_registry_ops *ops, u64 period)
{
	r->ops = ops;
	r->by_number = RB_ROOT;
	r->session.unlimited = true;	/* there are few */
	init_waitqueue_head(&r->wait);
	urt_session_setup(&r->session, ops->exited_linger ? &lingering_ops : &prompt_ops, period);
}
EXPORT_SYMBOL_GPL(urt_registry_setup);

/**
 * urt_registry_teardown - unregister all, and wait until nothing runs on behalf of a registry
 * @r: the registry, whose file was removed: nobody can ask for anything any more
 */
void urt_registry_teardown(struct urt_registry *r)
{
	struct urt_name *name;
	struct rb_node *node;

	mutex_lock(&r->session.lock);
	while ((node = rb_first(&r->by_number))) {
		name = rb_entry(node, struct urt_name, node);
		remove_entry(urt_name_entry(name), URT_STAT_REMOVED);
		cond_resched();
	}
	mutex_unlock(&r->session.lock);
	urt_session_teardown(&r->session);
	urt_targets_flush();		/* they know their session */
}
EXPORT_SYMBOL_GPL(urt_registry_teardown);

/* The one behind /proc/urt. */

static const struct urt_registry_ops system_ops = {
	.owner = THIS_MODULE,
	.exited_linger = true,
};

struct urt_registry urt_system_registry;
static bool system_registry_ready;		/* kernel_param_lock() */

/* The parameter was set: perhaps before the module's init or after its exit. */
void urt_registry_period_changed(void)
{
	if (system_registry_ready)
		urt_session_set_period(&urt_system_registry.session, urt_period_ns());
}

int urt_registry_init(void)
{
	kernel_param_lock(THIS_MODULE);
	urt_registry_setup(&urt_system_registry, &system_ops, urt_period_ns());
	system_registry_ready = true;
	kernel_param_unlock(THIS_MODULE);
	return 0;
}

void urt_registry_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	system_registry_ready = false;
	kernel_param_unlock(THIS_MODULE);
	urt_registry_teardown(&urt_system_registry);
}
