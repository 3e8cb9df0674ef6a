/* SPDX-License-Identifier: GPL-2.0-only */
/* A watch: the session behind an open /dev/urt. */
#ifndef URT_WATCH_H
#define URT_WATCH_H

#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "follow.h"
#include "session.h"
#include "uapi/usertime.h"

struct cred;
struct file;
struct mm_struct;
struct pid;
struct pid_namespace;

/**
 * struct urt_watch - the session behind an open /dev/urt
 * @session: its ring comes with the setup; session.lock covers what is not said to be otherwise
 * @file: who opened it; not after its release
 * @cred: the opener's, for as long as something is charged
 * @pid_ns: of the numbers that its owner uses
 * @setting_up: bit 0: taken by the one who sets it up
 * @follow: constant from the setup on
 * @closing: it is being released
 * @spares: for its probes
 * @mm: whose locked memory the ring is, and
 * @pages: how much of it
 * @bytes: charged for it and for @spares
 * @rate: charged for its samples, and
 * @paid_threads: the threads that this is for
 * @credit: for periods, where it is for fewer threads than there are
 * @reading: never taken by mmap(), whose lock copying to users takes
 * @refs: of the file, and of each target until it is freed
 */
struct urt_watch {
	struct urt_session session;
	const struct file *file;
	const struct cred *cred;
	struct pid_namespace *pid_ns;
	unsigned long setting_up;
	bool follow;
	bool closing;
	struct urt_spares spares;
	struct mm_struct *mm;
	unsigned long pages;
	u64 bytes;
	u64 rate;
	u32 paid_threads;
	u32 credit;
	struct mutex reading;		/* one reader at a time */
	struct rcu_work release;
	refcount_t refs;
};

/* A process that is to be added, as it was found. */
struct urt_found {
	pid_t nr;			/* as its owner calls it */
	struct pid *pid;		/* referenced */
	const struct cred *cred;	/* referenced */
	u64 start;
	u32 threads;
};

static inline struct urt_watch *urt_watch_of(struct urt_session *s)
{
	return container_of(s, struct urt_watch, session);
}

static inline void urt_watch_get(struct urt_watch *w)
{
	refcount_inc(&w->refs);
}

/* Its ring, or NULL before the setup; no lock needed. */
static inline struct urt_ring *urt_watch_ring(struct urt_watch *w)
{
	/* Pairs with the release in make_ring(). */
	return smp_load_acquire(&w->session.ring);
}

struct urt_watch *urt_watch_open(const struct file *file);
void urt_watch_release(struct urt_watch *w);
int urt_watch_check_setup(const struct urt_watch *w, struct usertime_setup *setup);
int urt_watch_setup(struct urt_watch *w, const struct usertime_setup *setup);
int urt_watch_find(const struct urt_watch *w, pid_t nr, u64 start, struct urt_found *found);
void urt_watch_put_found(struct urt_found *found);
int urt_watch_add(struct urt_watch *w, struct urt_found *found);
int urt_watch_remove(struct urt_watch *w, pid_t nr, u64 start);
void urt_watch_sample(struct urt_watch *w);
void urt_watches_exit(void);

u64 urt_watch_period_min(const struct file *file);	/* ns */
u32 urt_watch_setup_flags(void);			/* all that can be had */

#define URT_PERIOD_MAX	(3600 * (u64)NSEC_PER_SEC)

#endif
