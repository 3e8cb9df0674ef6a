/* SPDX-License-Identifier: GPL-2.0-only */
/* A session: a set of targets (processes) that are sampled once a period. */
#ifndef URT_SESSION_H
#define URT_SESSION_H

#include <linux/hrtimer.h>
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
#include "precise.h"

struct cred;
struct pid;
struct urt_ring;
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

/* Bits of urt_target.flags. */
#define URT_CLAIMED	0
#define URT_REFUSED	1	/* may not be observed any more: on session->refused */
#define URT_UNSEEN	2	/* EXITED, but its exit was not seen: totals of the last sample */
#define URT_ALONE	3	/* its leader was its last thread */
#define URT_PRECISE	4	/* constant: a struct urt_precise lies in front of it */

enum urt_event_kind {
	URT_EVENT_EXIT,		/* of a target: urt_target.exit; the others are the owner's */
	URT_EVENT_FORK,
	URT_EVENT_EXEC,
};

/* What a probe saw, on its way to the worker. */
struct urt_event {
	struct llist_node node;		/* session->events */
	u64 time;			/* CLOCK_MONOTONIC, ns */
	enum urt_event_kind kind;
};

/**
 * struct urt_target - a process that a session measures
 *
 * Its identity is @pid (a struct pid is never reused while referenced); the task is looked up
 * through it each time, since an exec by another thread replaces the leader's task_struct.
 * Embedded in what the session's owner keeps for a process, and freed by urt_session_ops.free.
 */
struct urt_target {
	union {
		struct list_head link;	/* a list of the session; session->lock */
		struct llist_node unused;	/* once it is on none */
	};
	struct hlist_node hash;		/* index.c; probes read it under RCU */
	struct urt_session *session;
	struct pid *pid;		/* referenced until a grace period after removal */
	u64 start;			/* boot-time clock, ns */
	struct urt_totals totals;	/* of the last sample; session->lock */
	unsigned long flags;
	refcount_t refs;		/* one of the session, one of each event on its way */
	u32 nr;				/* the process's number for the owner of session->ring */
	u8 phase;			/* enum urt_phase; session->lock */
	u8 looks;			/* at a target that is exiting; session->lock */
	struct urt_event exit;
	/*
	 * Referenced. With a ring: by which it was last judged whether it may be observed. Without:
	 * NULL until EXITED, then its last.
	 */
	const struct cred *cred;
	union {
		struct {		/* from the probe to URT_EXITED */
			struct task_struct *leader;		/* referenced */
			union {
				struct task_struct *last;	/* referenced */
				u64 others;	/* with URT_ALONE: ns that other threads ran */
			};
		};
		char comm[TASK_COMM_LEN];	/* from URT_EXITED on */
	};
};

static inline struct urt_precise *urt_precise_of(const struct urt_target *t)
{
	return test_bit(URT_PRECISE, &t->flags) ? (struct urt_precise *)t - 1 : NULL;
}

struct urt_session_ops {
	/* Exited targets are shown until the next refresh; without it they expire at once. */
	bool exited_linger;
	/* All targets were sampled. Called with the session's lock held. */
	void (*refreshed)(struct urt_session *s);
	/*
	 * The totals of an exited target are final (and were seen for a period, if they linger):
	 * the owner is to call urt_session_remove(). Called with the session's lock held.
	 */
	void (*expired)(struct urt_target *t);
	/* Nobody can reach the target any more. */
	void (*free)(struct urt_target *t);

	/* Only with a ring; all with the session's lock held. */

	/* Whether a period that is due may be sampled. */
	bool (*admit)(struct urt_session *s);
	/* A target has other credentials than before: may it be observed? RCU read section. */
	bool (*observable)(struct urt_target *t, struct task_struct *leader);
	/* A probe of the owner's handed this over; in the order of their happening. */
	void (*event)(struct urt_session *s, struct urt_event *event);
	/* All that probes had handed over was taken. */
	void (*took_events)(struct urt_session *s);
};

/**
 * struct urt_session - a set of targets with a period
 *
 * Top half: @timer, once a period, and kicks of probes only queue @work. Bottom half:
 * @work samples all targets and finishes those that exited. Both rest while there is no target.
 */
struct urt_session {
	struct mutex lock;		/* all that follows, but where noted */
	const struct urt_session_ops *ops;
	struct urt_ring *ring;		/* or NULL; set before the first target is added */
	bool precise;			/* with a ring: all its targets are; as constant */
	bool unlimited;			/* by URT_PROCESS_SESSIONS; constant */
	struct list_head targets;	/* by enum urt_phase */
	struct list_head exiting;
	struct list_head exited;
	struct list_head refused;	/* ALIVE, not sampled */
	unsigned int nr_targets;	/* on all four */
	u32 threads;			/* of all that were sampled last */
	u64 period;			/* ns; 0: no timer */
	u64 refreshes;
	struct hrtimer timer;
	unsigned long flags;		/* atomic bits */
	atomic64_t missed;		/* periods */
	struct work_struct work;
	struct llist_head events;	/* lockless: probe to worker */
	struct llist_node kicked;	/* with URT_KICKED: on a list of session.c's */
	struct timer_list retry;	/* looks again at those on @exiting */
};

/* Bits of urt_session.flags. */
#define URT_SAMPLE_DUE	0
#define URT_KICKED	1

extern struct workqueue_struct *urt_workqueue;

int urt_sessions_init(void);
void urt_sessions_exit(void);

void urt_session_setup(struct urt_session *s, const struct urt_session_ops *ops, u64 period);
void urt_session_teardown(struct urt_session *s);
bool urt_session_drain(struct urt_session *s);
void urt_session_stop(struct urt_session *s);
void urt_session_set_period(struct urt_session *s, u64 period);

int urt_session_add(struct urt_session *s, struct urt_target *t, struct pid *pid);
int urt_session_adopt(struct urt_target *t);
void urt_session_disown(struct urt_target *t);
void urt_session_remove(struct urt_target *t);
void urt_session_refuse(struct urt_target *t);
void urt_session_settle(struct urt_session *s);
void urt_session_sample(struct urt_session *s);
bool urt_session_sample_one(struct urt_target *t);
void urt_session_sum(const struct urt_session *s, struct urt_totals *sum);
void urt_session_publish(struct urt_session *s);
void urt_session_kick(struct urt_session *s);
void urt_session_hand_over(struct urt_session *s, struct urt_event *event,
			   enum urt_event_kind kind);

void urt_target_put(struct urt_target *t);
void urt_targets_flush(void);
struct task_struct *urt_target_task(const struct urt_target *t);

void urt_session_target_exits(struct urt_target *t, struct task_struct *last);

#endif
