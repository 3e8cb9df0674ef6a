// SPDX-License-Identifier: GPL-2.0-only
/* /proc/urt/detail: all that is known of each registered process, for people and their scripts. */
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "proc.h"
#include "record.h"
#include "registry.h"

/* Where the split into user and system time comes from. */
static const char * const split_names[] = {
	[USERTIME_SPLIT_TICK]		= "tick",
	[USERTIME_SPLIT_CONTEXT]	= "context",
	[USERTIME_SPLIT_PRECISE]	= "precise",
};

/* The last column. A name is arbitrary bytes: what could break a line or a terminal is escaped. */
static void show_command(struct seq_file *m, const char *comm)
{
	for (; *comm; comm++) {
		if (*comm >= ' ' && *comm <= '~' && *comm != '\\')
			seq_putc(m, *comm);
		else
			seq_printf(m, "\\%03o", (unsigned char)*comm);
	}
	seq_putc(m, '\n');
}

/* Who holds it, as uids of the reader's user namespace. */
static void show_holders(struct seq_file *m, const struct urt_entry *e)
{
	const struct urt_hold *hold;
	const char *separator = " ";

	hlist_for_each_entry(hold, &e->holds, node) {
		seq_put_decimal_ull(m, separator, from_kuid_munged(seq_user_ns(m), hold->uid));
		separator = ",";
	}
}

static int detail_show(struct seq_file *m, void *v)
{
	const struct urt_name *name = v;
	char comm[TASK_COMM_LEN] = "";
	const struct urt_target *t;
	struct task_struct *task;
	char state = 'X';

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "pid user_ns system_ns minor_faults major_faults threads start_ns");
		seq_puts(m, " holders state split looks command\n");
		return 0;
	}
	if (!urt_seq_visible(m, name))
		return SEQ_SKIP;
	t = &urt_name_entry(name)->target;
	if (t->phase == URT_EXITED)
		strscpy(comm, t->comm, sizeof(comm));
	rcu_read_lock();
	task = urt_target_task(t);
	if (task) {
		strscpy(comm, task->comm, sizeof(comm));
		state = task_state_to_char(task);
	}
	rcu_read_unlock();

	seq_put_decimal_ull(m, "", name->nr);
	seq_put_decimal_ull(m, " ", t->totals.user);
	seq_put_decimal_ull(m, " ", t->totals.system);
	seq_put_decimal_ull(m, " ", t->totals.minor_faults);
	seq_put_decimal_ull(m, " ", t->totals.major_faults);
	seq_put_decimal_ull(m, " ", t->phase == URT_EXITED ? 0 : t->totals.threads);
	seq_put_decimal_ull(m, " ", t->start);
	show_holders(m, urt_name_entry(name));
	seq_printf(m, " %c %s %u ", state, split_names[urt_split_source(t->totals.flags)],
		   t->totals.looks);
	show_command(m, comm);
	return 0;
}

const struct seq_operations urt_detail_seq_ops = {
	.start = urt_seq_start,
	.next = urt_seq_next,
	.stop = urt_seq_stop,
	.show = detail_show,
};
