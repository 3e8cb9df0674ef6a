/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What top shows: processes, what they have used, and how busy they were between one look and the
 * next, for as many looks as a history has. Times are ns.
 */
#ifndef USERTIME_TOP_TABLE_H
#define USERTIME_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TOP_HISTORY	12

/* Exited processes go when they were shown for so many looks, or so many are younger. */
#define TOP_KEEP	30
#define TOP_MAX_EXITED	500

/**
 * struct top_values - what is known of a process
 * @pid: with @start the identity
 * @start: when it was forked, on any clock
 * @command: its name, as text_print() has it; NULL: as before
 * @user: CPU time since it was forked
 * @system: the same
 * @faults: page faults, of both kinds
 * @threads: how many
 * @state: as in /proc/PID/stat; '-' if it is not known
 * @exited: these values are final
 */
struct top_values {
	pid_t pid;
	uint64_t start;
	const char *command;
	uint64_t user;
	uint64_t system;
	uint64_t faults;
	uint32_t threads;
	char state;
	bool exited;
};

/* A process as it was at the last look. */
struct top_row {
	struct top_values values;
	double user_rate;		/* share of one processor between the last two looks */
	double system_rate;
	float history[TOP_HISTORY];	/* shares of user and system time, the oldest first */
	unsigned int nr_history;
};

enum top_key {
	TOP_PID, TOP_CPU, TOP_USER_RATE, TOP_TIME, TOP_USER, TOP_FAULTS, TOP_THREADS, TOP_COMMAND,
	TOP_NR_KEYS
};

/* The first members are for everyone to read. */
struct top_table {
	const struct top_row **rows;	/* sorted */
	size_t nr_rows;
	size_t nr_live;
	double user_rate;		/* of all of them */
	double system_rate;
	enum top_key key;
	bool reverse;

	struct top_state *state;
};

void top_table_init(struct top_table *table);
void top_table_free(struct top_table *table);

/* Forgets all processes. */
void top_table_clear(struct top_table *table);

/*
 * Something new of a process, to be shown after the next look. One that was not there before is new
 * if all that it has used was used since the last look. Who is shown as exited stays as it is; one that
 * was not there before is not put without a name.
 */
void top_table_put(struct top_table *table, const struct top_values *values, bool new);

/*
 * A look: what was put is shown. passed: time since the last look; 0: there was none that could be
 * compared with. all: who was not put since the last look has exited.
 */
void top_table_look(struct top_table *table, uint64_t passed, bool all);

/* By that key, the largest first, but for PIDs and names; reverse is the other way round. */
void top_table_sort(struct top_table *table, enum top_key key, bool reverse);

#endif
