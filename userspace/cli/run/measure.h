/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of a command, and what it and all its descendants have used. */
#ifndef USERTIME_MEASURE_H
#define USERTIME_MEASURE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/tracker.h"

/* The figures of a run. */
enum metric {
	METRIC_WALL,		/* these are ns */
	METRIC_CPU,		/* user and system */
	METRIC_USER,
	METRIC_SYSTEM,
	METRIC_MINOR_FAULTS,
	METRIC_MAJOR_FAULTS,
	METRIC_PROCESSES,	/* that there were */
	METRIC_PEAK,		/* the most of them at once */
	NR_METRICS
};

/* What had been used by then. */
struct run_interval {
	uint64_t time;		/* ns since the run began */
	uint64_t user;
	uint64_t system;
	uint64_t processes;	/* alive */
};

/**
 * struct run_result - what a run came to
 * @status: the exit status that stands for the command's end, as child_status() has it
 * @signal: that ended it, or 0
 * @figures: its figures; processes that still run count with what they have used so far
 * @looks: behind the split of those that exited, in precise mode
 * @running: how many these are
 * @unseen: exits without exact values
 * @drops: what the session has lost; of the times, @figures have those of exits that were lost
 * @commands: by name, to be freed; LOST_COMMAND for exits that were lost
 * @intervals: to be freed
 */
struct run_result {
	int status;
	int signal;
	uint64_t figures[NR_METRICS];
	uint64_t looks;
	uint64_t running;
	uint64_t unseen;
	struct usertime_drops drops;
	struct tracked_command *commands;
	size_t nr_commands;
	struct run_interval *intervals;
	size_t nr_intervals;
};

#define LOST_COMMAND	"[lost]"

/**
 * struct measurement - how to run
 * @words: the command, NULL behind them
 * @period: of intervals, ns; 0: none
 * @precise: look between ticks
 * @record: to record it to this file, too; NULL: not
 * @interval: called with each as it ends; may be NULL
 * @data: for it
 * @interrupted: a signal came that was meant to end all this; it went to the command
 * @signals: of measure_prepare(): a descriptor to read signals from, ...
 * @mask: ... and the signals that were blocked before
 */
struct measurement {
	char *const *words;
	uint64_t period;
	bool precise;
	const char *record;
	void (*interval)(const struct run_interval *interval, void *data);
	void *data;
	bool interrupted;
	int signals;
	sigset_t mask;
};

/*
 * To be called once, before: from then on signals that would end the program go to the command
 * instead. false: errno.
 */
bool measure_prepare(struct measurement *measurement);

/* Runs it. Returns 0, or the exit status of a failure after a message. */
int measure(struct measurement *measurement, struct run_result *result);

void run_result_free(struct run_result *result);

#endif
