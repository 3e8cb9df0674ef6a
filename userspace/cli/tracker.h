/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the records of a session tell, put together: which processes there are and were, what they
 * are called, and what they have used; all times in ns.
 */
#ifndef USERTIME_TRACKER_H
#define USERTIME_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <usertime.h>

#include "peak.h"

#define TRACKED_NAME_SIZE	16	/* as in EXEC records */

/* The name of a process whose FORK or EXEC was not seen. */
#define TRACKED_UNKNOWN		"[unknown]"

/* What has been used, by one or by many. */
struct usage {
	uint64_t user;
	uint64_t system;
	uint64_t minor_faults;
	uint64_t major_faults;
};

/* A process: pid and start are its identity. */
struct tracked {
	pid_t pid;
	uint64_t start;
	pid_t parent_pid;		/* 0 if it was not seen to be forked */
	uint64_t parent_start;
	char name[TRACKED_NAME_SIZE];	/* of the last program it executed, or its parent's */
	struct usage usage;		/* as of ... */
	uint64_t time;			/* ... the last record, on CLOCK_MONOTONIC */
	uint32_t threads;
	bool exited;			/* usage is final */
	uint16_t flags;			/* USERTIME_FLAG_ of the last SAMPLE or EXIT */
	struct tracked *next;		/* of the tracker's own */
};

/* All processes of one name. One that executed several programs counts under the last. */
struct tracked_command {
	char name[TRACKED_NAME_SIZE];
	uint64_t count;
	struct usage usage;
};

/* All 0 to begin with. The first members are for everyone to read. */
struct tracker {
	size_t live;			/* processes that have not exited */
	uint64_t count;			/* all that were */
	uint64_t unseen;		/* exits without exact values: USERTIME_FLAG_UNSEEN */
	uint64_t looks;			/* behind the split of those that exited, in precise mode */
	struct usage usage;		/* of all of them, live and exited */

	struct peak peak;		/* of processes at once: see tracker_peak() */
	struct tracked_bucket *buckets;	/* the live ones */
	size_t nr_buckets;
	struct tracked *gone;		/* the one that exited last */
	struct tracked_command *commands;	/* of those that exited, by name */
	size_t nr_commands;
};

/*
 * Takes a record, in the order of the session. Returns the process that it is about, as it is now:
 * valid until the next one is taken. NULL: the record is about none, or of an unknown type.
 */
struct tracked *tracker_take(struct tracker *tracker, const struct usertime_record *record);

/* Takes all records that the session has now. false: the session cannot be read; see errno. */
bool tracker_drain(struct tracker *tracker, struct usertime_session *session);

/* The most processes that ever were at once. */
uint64_t tracker_peak(const struct tracker *tracker);

/* The live process of that identity, or NULL. */
struct tracked *tracker_find(const struct tracker *tracker, pid_t pid, uint64_t start);

/* Calls visit for each live process, in no certain order. */
void tracker_visit(const struct tracker *tracker,
		   void (*visit)(const struct tracked *process, void *data), void *data);

/* For a process that was there before, which no record names: bytes beyond the size are cut off. */
void tracked_set_name(struct tracked *process, const char *name);

/*
 * Forgets live processes of which no record came since a time: after a sample of all, those are the
 * ones whose EXIT was lost. They count, but what they have used is in struct usertime_drops.
 */
void tracker_forget(struct tracker *tracker, uint64_t since);

/*
 * What was used by name, live processes included: the most CPU time first, then by name. To be
 * freed.
 */
struct tracked_command *tracker_commands(const struct tracker *tracker, size_t *nr);

/* Adds the commands of a list to another one of *nr, which is sorted by name and stays so. */
struct tracked_command *tracked_commands_add(struct tracked_command *list, size_t *nr,
					     const struct tracked_command *more, size_t nr_more);

/* Sorts by CPU time, the most first, then by name. */
void tracked_commands_sort(struct tracked_command *list, size_t nr);

void tracker_free(struct tracker *tracker);

#endif
