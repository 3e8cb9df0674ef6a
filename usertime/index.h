/* SPDX-License-Identifier: GPL-2.0-only */
/* Index of all targets by process, for look-ups from any context. */
#ifndef URT_INDEX_H
#define URT_INDEX_H

#include <linux/types.h>

struct pid;
struct urt_session;
struct urt_target;

int urt_index_init(void);
void urt_index_exit(void);

/* In so many sessions a process can be, but for those of who is not limited. */
#define URT_PROCESS_SESSIONS	16

/*
 * -EEXIST if the session has a target for that process; -EBUSY if URT_PROCESS_SESSIONS sessions
 * have.
 */
int urt_index_insert(struct urt_target *t);
void urt_index_remove(struct urt_target *t);

/*
 * The chain (of urt_target.hash) on which the targets of @pid are, among others: compare their pid.
 * An RCU read section covers its use.
 */
struct hlist_head *urt_index_chain(const struct pid *pid);

/* The target of @session that measures @pid, or NULL. Caller holds the session's lock. */
struct urt_target *urt_index_find(struct urt_session *session, const struct pid *pid);

#endif
