/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A registry: a session whose targets users hold, with a file to write PIDs to and to read them
 * from. /proc/urt is one; the course systems' module makes others, by what is said to be exported.
 */
#ifndef URT_REGISTRY_H
#define URT_REGISTRY_H

#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "session.h"

struct file;
struct module;
struct pid_namespace;
struct proc_dir_entry;

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

struct urt_registry;

/**
 * struct urt_registry_ops - what differs from one registry to another
 * @owner: the module that the registry is of
 * @numbers_only: its file shows a PID a line, without times
 * @exited_linger: those that have exited are shown until the next refresh
 * @refreshed: all its processes were sampled; optional, as are the others
 * @joined: a process was registered, and sampled
 * @leaving: one is about to leave; its totals are as of now, and final if it has exited
 *
 * All are called with the registry's lock held.
 */
struct urt_registry_ops {
	struct module *owner;
	bool numbers_only;
	bool exited_linger;
	void (*refreshed)(struct urt_registry *r);
	void (*joined)(struct urt_registry *r, const struct urt_target *t);
	void (*leaving)(struct urt_registry *r, const struct urt_target *t);
};

/**
 * struct urt_registry - a session whose targets are held by users
 * @session: its lock covers all that follows
 * @ops: constant
 * @by_number: of struct urt_name
 * @refreshes: how many; readable without the lock
 * @wait: woken at each
 */
struct urt_registry {
	struct urt_session session;
	const struct urt_registry_ops *ops;
	struct rb_root by_number;
	unsigned long refreshes;
	wait_queue_head_t wait;
};

static inline struct urt_registry *urt_registry_of(struct urt_session *s)
{
	return container_of(s, struct urt_registry, session);
}

/* Exported, as is urt_session_sum(). */
void urt_registry_setup(struct urt_registry *r, const struct urt_registry_ops *ops, u64 period);
void urt_registry_teardown(struct urt_registry *r);
struct proc_dir_entry *urt_registry_create_file(struct urt_registry *r, const char *name,
						struct proc_dir_entry *parent);

int urt_registry_add(struct urt_registry *r, const struct file *file, pid_t nr);
int urt_registry_remove(struct urt_registry *r, const struct file *file, pid_t nr);

/*
 * The numbers that registered processes have in one PID namespace, ascending: find gives the first
 * from @nr on, next the one after. Both under the session's lock; outside of it nothing but a
 * number is remembered.
 */
struct urt_name *urt_registry_find(const struct urt_registry *r, const struct pid_namespace *ns,
				   pid_t nr);
struct urt_name *urt_registry_next(const struct urt_name *name);

/* Finishes what has exited by now; takes the lock. */
void urt_registry_settle(struct urt_registry *r);

/* The one behind /proc/urt. */
extern struct urt_registry urt_system_registry;

int urt_registry_init(void);
void urt_registry_exit(void);
void urt_registry_period_changed(void);

#endif
