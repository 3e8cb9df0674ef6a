/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes used over time, in a bounded number of buckets of equal width: what pictures are
 * made of, however long the recording and however short its period.
 */
#ifndef USERTIME_TIMELINE_H
#define USERTIME_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recording.h"

/* Totals: ns, and numbers of page faults. */
struct use {
	uint64_t user;
	uint64_t system;
	uint64_t minor;
	uint64_t major;
};

/* What was used in one bucket: ns, and page faults of both kinds. */
struct bucket {
	float user;
	float system;
	float faults;
};

/**
 * struct timeline_process - one process of one session, whatever programs it executed
 * @pid: its PID
 * @name: the last name it had; any bytes
 * @unit: the unit that brought it, ""
 * @seen: first record of it, ns since 1970
 * @left: its exit, or when the session ended
 * @exited: it is the exit
 * @threads: the most that were seen at once
 * @used: between the timeline's begin and end
 * @first: bucket that @buckets begin with
 * @nr: how many there are; outside of them nothing was used
 * @buckets: they
 */
struct timeline_process {
	pid_t pid;
	const char *name;
	const char *unit;
	int64_t seen;
	int64_t left;
	bool exited;
	unsigned int threads;
	struct use used;
	size_t first;
	size_t nr;
	struct bucket *buckets;
};

/**
 * struct timeline - a recording as pictures want it
 * @begin: of the first bucket, ns since 1970
 * @end: of what is shown; the last bucket may reach beyond
 * @width: of a bucket, ns: 1, 2 or 5 and zeros
 * @nr: number of buckets
 * @processes: those that were there in between
 * @nr_processes: so many
 * @present: how many there were, for each bucket its mean
 * @recorded: which part of each bucket was recorded, 0 to 1: there may be gaps between sessions
 */
struct timeline {
	int64_t begin;
	int64_t end;
	uint64_t width;
	size_t nr;
	struct timeline_process *processes;
	size_t nr_processes;
	float *present;
	float *recorded;
};

/* From begin to end, in max buckets at most, none of them shorter than finest ns. */
void timeline_init(struct timeline *timeline, int64_t begin, int64_t end, size_t max,
		   uint64_t finest);
void timeline_free(struct timeline *timeline);

/* Part of the time of day from..to was recorded. */
void timeline_record(struct timeline *timeline, int64_t from, int64_t to);

/* A process that has used nothing yet; name and unit are copied. Returns its index. */
size_t timeline_add(struct timeline *timeline, const struct timeline_process *process);

/* It used that much, evenly, in from..to; what is outside of the timeline is left out. */
void timeline_use(struct timeline *timeline, size_t process, int64_t from, int64_t to,
		  const struct use *used);

/**
 * struct timeline_options - what is wanted of a recording
 * @begin: ns since 1970; INT64_MIN: as the recording
 * @end: the same; INT64_MAX
 * @pids: of the processes, NULL: all
 * @nr_pids: so many
 * @names: what they are called at the end, NULL: all
 * @nr_names: so many
 * @max: number of buckets, at most
 */
struct timeline_options {
	int64_t begin;
	int64_t end;
	const pid_t *pids;
	size_t nr_pids;
	char *const *names;
	size_t nr_names;
	size_t max;
};

/*
 * All of that which was recorded; false: that failed, recording_message() says why. Nothing of the
 * recording has to stay.
 */
bool timeline_load(struct timeline *timeline, struct recorded *recorded,
		   const struct timeline_options *options);

/* What the lines of a picture are. */
enum timeline_by { BY_PID, BY_COMMAND };

/* Which lines are the largest. */
enum timeline_key { KEY_CPU, KEY_FAULTS };

/**
 * struct timeline_line - a process, all that have the same name, or all others
 * @name: theirs; NULL: the others
 * @pid: the process; 0: they are several
 * @members: number of processes
 * @used: in sum
 * @buckets: as many as the timeline has
 */
struct timeline_line {
	const char *name;
	pid_t pid;
	size_t members;
	struct use used;
	struct bucket *buckets;
};

struct timeline_lines {
	struct timeline_line *lines;
	size_t nr;
};

/* The top lines by that key, largest first, and then what is left in sum, if there is any. */
void timeline_lines(const struct timeline *timeline, enum timeline_by by, enum timeline_key key,
		    size_t top, struct timeline_lines *lines);
void timeline_lines_free(struct timeline_lines *lines);

/**
 * struct timeline_load - how busy the processors were while there were so many processes
 * @processes: the number, or where there are very many different ones, the middle of some
 * @time: how long, ns
 * @mean: CPU time for time, 1 is one processor
 * @low: of the bucket with the least
 * @high: of that with the most
 */
struct timeline_load {
	double processes;
	double time;
	double mean;
	double low;
	double high;
};

/* By number of processes, at most max of them, to be freed; returns how many. */
size_t timeline_loads(const struct timeline *timeline, size_t max, struct timeline_load **loads);

#endif
