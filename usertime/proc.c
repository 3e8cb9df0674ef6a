// SPDX-License-Identifier: GPL-2.0-only
/* /proc/urt: its files, and how a registry is walked for a reader. */
#include <linux/fs.h>

#include "proc.h"
#include "registry.h"
#include "stats.h"
#include "visible.h"

static struct proc_dir_entry *urt_dir;

static struct urt_registry *registry_of(const struct seq_file *m)
{
	const struct urt_reader *reader = m->private;

	return reader->registry;
}

static struct pid_namespace *reader_ns(const struct seq_file *m)
{
	return proc_pid_ns(file_inode(m->file)->i_sb);
}

void *urt_seq_start(struct seq_file *m, loff_t *pos)
{
	struct urt_registry *r = registry_of(m);
	struct urt_name *name;

	if (!*pos)
		urt_registry_settle(r);
	mutex_lock(&r->session.lock);
	if (!*pos)
		return SEQ_START_TOKEN;
	name = urt_registry_find(r, reader_ns(m), *pos);
	if (name)
		*pos = name->nr;
	return name;
}

void *urt_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct urt_name *name;

	if (v == SEQ_START_TOKEN)
		name = urt_registry_find(registry_of(m), reader_ns(m), 1);
	else
		name = urt_registry_next(v);
	*pos = name ? name->nr : *pos + 1;
	return name;
}

void urt_seq_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&registry_of(m)->session.lock);
}

/**
 * urt_seq_visible - whether the reader may see the process behind a name
 * @m: the open file
 * @name: the name
 *
 * Caller holds the registry's lock (as between start and stop).
 */
bool urt_seq_visible(const struct seq_file *m, const struct urt_name *name)
{
	const struct urt_target *t = &urt_name_entry(name)->target;
	struct task_struct *task;
	bool visible;

	if (likely(urt_all_visible(m->file)))
		return true;
	if (t->phase == URT_EXITED)
		return urt_visible(m->file, NULL, t->cred);
	rcu_read_lock();
	task = urt_target_task(t);
	visible = task && urt_visible(m->file, task, __task_cred(task));
	rcu_read_unlock();
	return visible;
}

static int detail_open(struct inode *inode, struct file *file)
{
	struct urt_reader *reader = __seq_open_private(file, &urt_detail_seq_ops, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->registry = &urt_system_registry;
	return 0;
}

static const struct proc_ops detail_ops = {
	.proc_open = detail_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
};

int urt_proc_init(void)
{
	urt_dir = proc_mkdir("urt", NULL);
	if (!urt_dir)
		return -ENOMEM;
	if (urt_registry_create_file(&urt_system_registry, "status", urt_dir) &&
	    proc_create("detail", 0444, urt_dir, &detail_ops) &&
	    proc_create_single("stats", 0444, urt_dir, urt_stats_show))
		return 0;
	urt_proc_exit();
	return -ENOMEM;
}

/* Waits for calls in progress; files that are still open then give EIO. */
void urt_proc_exit(void)
{
	proc_remove(urt_dir);
}
