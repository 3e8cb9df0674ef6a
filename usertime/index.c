// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table of fixed size from struct pid to the targets that measure that process (one for each
 * session that does). Probes look things up under RCU; a raw spinlock orders changes, because
 * probes may run where a sleeping lock must not be taken (before 7.x with preemption off, also on
 * -rt). For the same reason the table never grows: it is sized by max_targets at load.
 *
 * Probes do something for each target of a process, with preemption or interrupts off: so a process
 * is in so many sessions at most.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "index.h"
#include "param.h"
#include "session.h"

static struct hlist_head *index_heads;
static unsigned int index_bits;
static DEFINE_RAW_SPINLOCK(table_lock);

int urt_index_init(void)
{
	/* Four targets a chain when full; 8 KiB to 1 MiB of memory. */
	index_bits = clamp(ilog2(urt_max_targets()) - 2, 10, 17);
	index_heads = kvcalloc(1UL << index_bits, sizeof(*index_heads), GFP_KERNEL);
	return index_heads ? 0 : -ENOMEM;
}

void urt_index_exit(void)
{
	kvfree(index_heads);
}

struct hlist_head *urt_index_chain(const struct pid *pid)
{
	return &index_heads[hash_ptr(pid, index_bits)];
}

static struct urt_target *find(const struct urt_session *session, const struct pid *pid)
{
	struct urt_target *t;

	hlist_for_each_entry_rcu(t, urt_index_chain(pid), hash, lockdep_is_held(&table_lock))
		if (t->pid == pid && t->session == session)
			return t;
	return NULL;
}

static int insert(struct urt_target *t)
{
	struct hlist_head *chain = urt_index_chain(t->pid);
	struct urt_target *other;
	unsigned int limited = 0;

	hlist_for_each_entry(other, chain, hash) {
		if (other->pid != t->pid)
			continue;
		if (other->session == t->session)
			return -EEXIST;
		limited += !other->session->unlimited;
	}
	if (!t->session->unlimited && limited >= URT_PROCESS_SESSIONS)
		return -EBUSY;
	hlist_add_head_rcu(&t->hash, chain);
	return 0;
}

int urt_index_insert(struct urt_target *t)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&table_lock, flags);
	err = insert(t);
	raw_spin_unlock_irqrestore(&table_lock, flags);
	return err;
}

void urt_index_remove(struct urt_target *t)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&table_lock, flags);
	hlist_del_rcu(&t->hash);
	raw_spin_unlock_irqrestore(&table_lock, flags);
}

struct urt_target *urt_index_find(struct urt_session *session, const struct pid *pid)
{
	struct urt_target *found;

	rcu_read_lock();
	found = find(session, pid);
	rcu_read_unlock();
	return found;
}
