/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: a set of targets (processes) that are sampled once a period. */
#ifndef URT_SESSION_H
#define URT_SESSION_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "account.h"

struct cred;
struct pid;
struct urt_session;

/*
 * Where a target is in its life: ALIVE -> EXITING -> EXITED. The step from ALIVE is made once, by
 * whoever sets URT_CLAIMED first: the exit probe, or somebody who removes the target.
 */
enum urt_phase {
	URT_ALIVE,		/* on session->targets; sampled */
	URT_EXITING,		/* on session->exiting: its last threads are leaving the CPU */
	URT_EXITED,		/* on session->exited: totals are final */
};

#define URT_CLAIMED	0	/* bit of urt_target.flags */

/**
 * struct urt_target - a process that a session measures
 *
 * Its identity is @pid (a struct pid is never reused while referenced); the task is looked up
 * through it each time, since an exec by another thread replaces the leader's task_struct.
 * Embedded in what the session's owner keeps for a process, and freed by urt_session_ops.free.
 */
struct urt_target {
	union {
		struct list_head link;	/* a list of the session, by phase; session->lock */
		struct rcu_head rcu;	/* once it is on none */
	};
	struct hlist_node hash;		/* index.c; probes read it under RCU */
	struct urt_session *session;
	struct pid *pid;		/* referenced until a grace period after removal */
	u64 start;			/* boot-time clock, ns */
	struct urt_totals totals;	/* of the last sample; session->lock */
	unsigned long flags;
	refcount_t refs;		/* one of the session, one while on @exit_node's list */
	u8 phase;			/* enum urt_phase; session->lock */
	u8 looks;			/* at a target that is exiting; session->lock */
	struct llist_node exit_node;	/* session->exits, from the probe to the worker */
	union {
		struct {		/* both referenced; from the probe to URT_EXITED */
			struct task_struct *leader, *last;
		};
		struct {		/* from URT_EXITED on: what outlives the tasks */
			const struct cred *cred;
			char comm[TASK_COMM_LEN];
		};
	};
};

struct urt_session_ops {
	/* All targets were sampled. Called with the session's lock held. */
	void (*refreshed)(struct urt_session *s);
	/*
	 * The totals of an exited target were final and seen for a period; the owner is to call
	 * urt_session_remove(). Called with the session's lock held.
	 */
	void (*expired)(struct urt_target *t);
	/* Nobody can reach the target any more; called from RCU: no sleeping. */
	void (*free)(struct urt_target *t);
};

/**
 * struct urt_session - a set of targets with a period
 *
 * Top half: @timer, once a period, and @kick, raised by the exit probe, only queue @work. Bottom
 * half: @work samples all targets and finishes those that exited. Both rest while there is no
 * target.
 */
struct urt_session {
	struct mutex lock;		/* all that follows, but where noted */
	const struct urt_session_ops *ops;
	struct list_head targets;	/* by enum urt_phase */
	struct list_head exiting;
	struct list_head exited;
	unsigned int nr_targets;	/* on all three */
	u64 period;			/* ns */
	struct hrtimer timer;
	unsigned long flags;		/* atomic bits */
	struct work_struct work;
	struct llist_head exits;	/* lockless: probe to worker */
	struct irq_work kick;
	struct timer_list retry;	/* looks again at those on @exiting */
};

#define URT_SAMPLE_DUE	0		/* bit of urt_session.flags */

extern struct workqueue_struct *urt_workqueue;

int urt_sessions_init(void);
void urt_sessions_exit(void);

void urt_session_setup(struct urt_session *s, const struct urt_session_ops *ops, u64 period);
void urt_session_teardown(struct urt_session *s);
void urt_session_set_period(struct urt_session *s, u64 period);

int urt_session_add(struct urt_session *s, struct urt_target *t, struct pid *pid);
void urt_session_remove(struct urt_target *t);
void urt_session_settle(struct urt_session *s);

struct task_struct *urt_target_task(const struct urt_target *t);

void urt_session_target_exits(struct urt_target *t, struct task_struct *last);

#endif
