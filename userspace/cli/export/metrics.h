/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the processes of a session have used, added up by command and unit, from the session's
 * records. Sums only grow: a process that exits leaves what it used in its group, and one that
 * executes another program uses on in that program's.
 */
#ifndef USERTIME_METRICS_H
#define USERTIME_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <usertime.h>

/* The group of all that come when there are as many groups as may be. */
#define METRICS_OTHER	"other"

/**
 * struct metrics_options - how to count
 * @max_groups: so many groups, and besides METRICS_OTHER
 * @whole: all that a process has used since it was forked counts, not what it uses from when it
 *	became a target on
 * @keep: processes that have exited are known for so long, ns
 * @command: the name of a process that is no target's child: false if it is gone, which makes it
 *	TRACKED_UNKNOWN
 * @unit: its unit; "" if there is none
 * @data: for these two
 */
struct metrics_options {
	unsigned int max_groups;
	bool whole;
	uint64_t keep;
	bool (*command)(void *data, pid_t pid, char name[16]);
	const char *(*unit)(void *data, pid_t pid);
	void *data;
};

struct metrics_counters {
	uint64_t user, system;		/* ns */
	uint64_t minor, major;		/* page faults */
};

/* All that have, or had, one command and unit. */
struct metrics_group {
	char *command, *unit;		/* values of labels */
	struct metrics_counters used;
	uint64_t exits;
	uint64_t processes;		/* alive */
	uint64_t threads;		/* of these */
};

struct metrics_process {
	pid_t pid;
	uint64_t start;			/* boot-time ns: with pid the identity */
	struct metrics_group *group;
	struct metrics_counters used;	/* since it was forked */
	uint32_t threads;
	uint64_t exited;		/* monotonic ns; 0: alive */
};

struct metrics *metrics_new(const struct metrics_options *options);
void metrics_free(struct metrics *metrics);

/* So old, in ns, may a process be when it gets the name or the unit that was meant. */
#define METRICS_YOUNG	UINT64_C(10000000000)

/*
 * To be called just before targets are looked for, with the boot-time clock. A process that is found,
 * and was forked after the previous look, counts from its beginning; so does a young one, which may
 * have executed its program or come into its unit only now. What an older one has used so far was not
 * meant and does not count, and so it is with all that were forked before the first look.
 */
void metrics_look(struct metrics *metrics, uint64_t now);

/* Takes a record. */
void metrics_take(struct metrics *metrics, const struct usertime_record *record);

/*
 * After records of exits were lost: who had no record since before the previous look, and is not
 * there any more, has exited at that monotonic time.
 */
void metrics_forget_gone(struct metrics *metrics, uint64_t time, bool (*is_gone)(pid_t pid));

/* Forgets who exited longer ago than is wanted. now: monotonic ns. */
void metrics_expire(struct metrics *metrics, uint64_t now);

/* The groups by unit and command; how many. */
size_t metrics_groups(struct metrics *metrics, struct metrics_group ***groups);

/* The processes by PID, also those that have exited and are still known; how many. */
size_t metrics_processes(struct metrics *metrics, struct metrics_process ***processes);

#endif
