/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes that are looked at. */
#ifndef CROWD_H
#define CROWD_H

#include <stdbool.h>
#include <sys/types.h>

#define MOST_PROCESSES	32768

/**
 * struct crowd - processes that sleep
 * @name: of the crowd in results
 * @n: how many
 * @threads: of each
 * @pid: their numbers
 */
struct crowd {
	char name[32];
	int n;
	int threads;
	pid_t pid[MOST_PROCESSES];
};

void crowd_init(void);
/* Lets the whole system have so many. */
void crowd_raise_limits(void);

/*
 * Forks processes until there are n. With @ticks, each has been met by the kernel's ticks in user
 * and in kernel mode, as whatever has worked for a while: only then is there anything to split.
 * Instructions that are only executed in other cases would not be counted otherwise.
 */
void crowd_grow(struct crowd *c, int n, int threads, bool ticks);
/* The same, of processes that share this one's memory and so take little of their own. */
void crowd_grow_small(struct crowd *c, int n);
/* Lets each of them run for a moment; returns when all sleep again. */
void crowd_run(const struct crowd *c);
void crowd_kill(struct crowd *c);

#endif
