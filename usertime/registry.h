/* SPDX-License-Identifier: GPL-2.0-only */
/* The system-wide registry: the session behind /proc/urt. */
#ifndef URT_REGISTRY_H
#define URT_REGISTRY_H

#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "session.h"

struct file;
struct pid_namespace;

/* A user's interest in a registered process. */
struct urt_hold {
	struct hlist_node node;
	kuid_t uid;
	struct user_namespace *ns;	/* referenced; says who was charged */
};

/* A registered process under the number that it has in one PID namespace. */
struct urt_name {
	struct rb_node node;		/* registry.c: by (ns, nr) */
	struct pid_namespace *ns;	/* lives as long as the target's struct pid */
	pid_t nr;
	unsigned int level;		/* of ns; index in urt_entry.names */
};

/* A registered process. */
struct urt_entry {
	struct urt_target target;
	struct hlist_head holds;	/* struct urt_hold; one for each user */
	struct urt_name names[];	/* from the initial PID namespace to its own */
};

static inline struct urt_entry *urt_entry_of(struct urt_target *t)
{
	return container_of(t, struct urt_entry, target);
}

static inline struct urt_entry *urt_name_entry(const struct urt_name *name)
{
	return container_of(name - name->level, struct urt_entry, names[0]);
}

int urt_registry_init(void);
void urt_registry_exit(void);
void urt_registry_period_changed(void);

int urt_registry_add(const struct file *file, pid_t nr);
int urt_registry_remove(const struct file *file, pid_t nr);

/*
 * The numbers that registered processes have in one PID namespace, ascending: find gives the first
 * from @nr on, next the one after. Both under the lock; outside of it nothing but a number is
 * remembered.
 */
void urt_registry_lock(void);
void urt_registry_unlock(void);
struct urt_name *urt_registry_find(const struct pid_namespace *ns, pid_t nr);
struct urt_name *urt_registry_next(const struct urt_name *name);

/* Finishes what has exited by now; takes the lock. */
void urt_registry_settle(void);

/* Counts refreshes; woken at each. */
unsigned long urt_registry_refreshes(void);
extern wait_queue_head_t urt_registry_wait;

#endif
