/* SPDX-License-Identifier: GPL-2.0-only */
/* What processes or commands of a recording have used in a time of it. */
#ifndef USERTIME_SUMMARY_H
#define USERTIME_SUMMARY_H

#include "recording.h"

enum summary_by { SUMMARY_BY_PID, SUMMARY_BY_COMMAND };

/**
 * struct summary_share - shares of a CPU's time: 1.0 is one CPU
 * @mean: over all the time
 * @p50: half of the time it was not more
 * @p95: the same for 95 % of it
 * @max: the most between two samples, 20 ms apart at least
 */
struct summary_share {
	double mean;
	double p50;
	double p95;
	double max;
};

/**
 * struct summary_row - a process or a command
 * @process: the process; of a command the first one
 * @command: its name, the last one until the end
 * @processes: how many processes
 * @exited: how many of them exited
 * @user: used, ns
 * @system: the same
 * @looks: that told the two apart, until then; 0 but for precise mode
 * @minor_faults: happened
 * @major_faults: the same
 * @from: the first of it that is recorded
 * @to: the last; from @from on it is the time that the shares are of
 * @has_share: @share is known: that time is not 0
 * @has_exit: @exit is how the process ended, with the totals of its whole life
 */
struct summary_row {
	const struct recorded_process *process;
	const char *command;
	uint64_t processes;
	uint64_t exited;
	uint64_t user;
	uint64_t system;
	uint64_t looks;
	uint64_t minor_faults;
	uint64_t major_faults;
	int64_t from;
	int64_t to;
	bool has_share;
	struct summary_share share;
	bool has_exit;
	struct recorded_sample exit;
};

struct summary {
	struct summary_row *rows;
	size_t nr;
};

/*
 * Reads what was used from begin to end; what began before counts from begin on. Between two
 * samples use is even. false: see recording_message().
 */
bool summary_read(struct summary *summary, struct recorded *recorded, enum summary_by by,
		  int64_t begin, int64_t end);

void summary_free(struct summary *summary);

#endif
