/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: what a session on /dev/urt said, kept in an SQLite database (schema.h). One program
 * at a time appends; any number read, meanwhile as well.
 *
 * Functions that return false, NULL or -1 have failed; recording_message() then says why, in one
 * line that begins with the file's name, and what to do. Strings that are returned live as long as
 * what they were got from. For one thread.
 */
#ifndef USERTIME_RECORDING_H
#define USERTIME_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <usertime.h>

const char *recording_message(void);

/*
 * Writing.
 */

/* The same moment in ns of CLOCK_REALTIME, CLOCK_MONOTONIC and CLOCK_BOOTTIME. */
struct recording_clocks {
	uint64_t realtime;
	uint64_t monotonic;
	uint64_t boottime;
};

/**
 * struct recording_options - what a session is to say of itself
 * @command: what was asked, as recording_words() makes it
 * @period: between two samples, ns; 0: none are taken
 * @root: a directory to be taken for /, NULL for the real one
 * @unit: the unit that brought a process, "" if none did; may be NULL. A forked process for which
 *	it says "" has its parent's
 * @data: its second argument
 * @clocks: when the session begins; all 0: now
 */
struct recording_options {
	const char *command;
	uint64_t period;
	const char *root;
	const char *(*unit)(pid_t pid, const void *data);
	const void *data;
	struct recording_clocks clocks;
};

struct recording;

/*
 * Begins a session at the end of a recording, which is made if there is no such file, or if it is
 * empty. Refused are other files, recordings of newer versions, and those that another program is
 * appending to.
 *
 * Before any target is added or command started: of a process that was forked later all is
 * counted, of others what they use from their first record on.
 */
struct recording *recording_append(const char *path, const struct recording_options *options);

/* Takes a record, of any type, as they come out of the session. */
bool recording_put(struct recording *recording, const struct usertime_record *record);

/*
 * Makes what was put safe against loss of power; once a second will do. drops: the session's so far,
 * NULL: none. now: CLOCK_MONOTONIC, ns, as far as the records reach.
 */
bool recording_commit(struct recording *recording, const struct usertime_drops *drops,
		      uint64_t now);

/*
 * The last commit, after which the file is all there is, and nothing of it lies beside it; if it is
 * being read, whoever reads it last sees to that. Only recording_close() is left to be called.
 */
bool recording_end(struct recording *recording, const struct usertime_drops *drops, uint64_t now);

/* Without recording_end(): what was committed stays. NULL is allowed. */
void recording_close(struct recording *recording);

/**
 * struct recording_progress - of the present session
 * @processes: that have not exited
 * @records: rows that were stored
 * @bytes: of the whole file
 */
struct recording_progress {
	uint64_t processes;
	uint64_t records;
	uint64_t bytes;
};

void recording_progress(const struct recording *recording, struct recording_progress *progress);

/* Words that end with NULL, quoted for a shell; to be freed. */
char *recording_words(char *const *words);

/*
 * Reading. Times are ns since 1970; counters are of a process's whole life.
 */

struct recorded_session {
	int64_t id;
	int64_t began;
	int64_t ended;		/* last commit */
	bool complete;		/* false: it still goes on, or was killed */
	uint64_t period;	/* ns; 0: none */
	int cpus;
	const char *host;
	const char *boot;	/* changes with each boot */
	const char *kernel;
	const char *version;	/* of usertime */
	const char *command;
	struct usertime_drops drops;
};

struct recorded_name {
	int64_t time;		/* from when on */
	const char *command;	/* any bytes */
};

struct recorded_process {
	const struct recorded_session *session;
	pid_t pid;
	uint64_t start;			/* CLOCK_BOOTTIME, ns */
	const struct recorded_process *parent;	/* NULL: it was not seen to be forked */
	bool forked;			/* after the session began: all it has used belongs to it */
	bool exited;
	int64_t seen;			/* forked, or else first record */
	int64_t end;			/* exited, or else the session's end */
	const char *unit;		/* "" if none was named */
	const struct recorded_name *names;	/* ascending by time */
	size_t nr_names;
};

/* A row. Between two of a process it used CPU time evenly, behind the last none. */
struct recorded_sample {
	const struct recorded_process *process;
	int64_t time;
	uint64_t user;		/* ns */
	uint64_t system;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint32_t threads;
	bool exit;		/* the last one, and exact */
	uint8_t split;		/* enum usertime_split */
	uint16_t flags;		/* USERTIME_FLAG_ */
	uint32_t split_samples;
};

struct recorded_state;

/**
 * struct recorded - an open recording, as it was at that moment
 * @sessions: ascending by time; one at least
 * @processes: ascending by session, then by when they came; sample.process points into it
 */
struct recorded {
	const struct recorded_session *sessions;
	size_t nr_sessions;
	const struct recorded_process *processes;
	size_t nr_processes;
	struct recorded_state *state;
};

struct recorded *recorded_open(const char *path);
void recorded_close(struct recorded *recorded);

/* How samples are wanted. */
enum recorded_order {
	RECORDED_BY_TIME,	/* session by session */
	RECORDED_BY_PROCESS,	/* each process's own by time, those of others anywhere: faster */
};

/*
 * From now on recorded_next() gives the samples from begin to end, both included (INT64_MIN,
 * INT64_MAX: all), and of each process its last one before and its first one behind these, on which
 * the lines to the bounds end.
 */
bool recorded_seek(struct recorded *recorded, enum recorded_order order, int64_t begin, int64_t end);

/* 1: a sample, 0: there are no more, -1: an error. */
int recorded_next(struct recorded *recorded, struct recorded_sample *sample);

/* What a process was called then; its first name before it had one, "" if none is known. */
const char *recorded_command(const struct recorded_process *process, int64_t time);

#endif
