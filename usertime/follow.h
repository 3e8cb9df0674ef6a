/* SPDX-License-Identifier: GPL-2.0-only */
/* The probes' part of sessions with a ring: forks that are followed, and execs. */
#ifndef URT_FOLLOW_H
#define URT_FOLLOW_H

#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "precise.h"
#include "session.h"

/* A target of a session with a ring. */
struct urt_watched {
	struct urt_precise precise;	/* with USERTIME_SETUP_PRECISE */
	struct urt_target target;
	struct urt_event fork;		/* where it was followed */
	u64 parent_start;
	u32 parent_nr;
};

/* A program that a target executes. */
struct urt_exec {
	struct urt_event event;
	struct urt_target *target;	/* referenced */
	const struct cred *cred;	/* referenced */
	char comm[TASK_COMM_LEN];
};

/* Either: what a probe may need where it cannot allocate. */
struct urt_spare {
	union {
		struct urt_spare *next;
		struct urt_watched child;
		struct urt_exec exec;
	};
};

/**
 * struct urt_spares - memory put by for probes
 * @lock: all that follows but the two last; raw, as probes take it
 * @first: zeroed but for their links
 * @nr: how many there are
 * @want: how many there are to be
 * @closed: none are given any more
 * @no_child: how often there was none for a child
 * @no_exec: for an exec
 */
struct urt_spares {
	raw_spinlock_t lock;
	struct urt_spare *first;
	unsigned int nr, want;
	bool closed;
	atomic_t no_child, no_exec;
};

void urt_spares_init(struct urt_spares *spares);
int urt_spares_want(struct urt_spares *spares, unsigned int want);
void urt_spares_refill(struct urt_spares *spares);
void urt_spares_close(struct urt_spares *spares);

void urt_follow_fork(struct urt_target *t, struct task_struct *child);
void urt_follow_exec(struct urt_target *t, struct task_struct *task);

#endif
