/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of a command, as they are printed. */
#ifndef USERTIME_RUN_REPORT_H
#define USERTIME_RUN_REPORT_H

#include <stdio.h>

#include "measure.h"

/**
 * struct run_report - all runs of a command
 * @words: the command, NULL behind them
 * @runs: in order
 */
struct run_report {
	char *const *words;
	struct run_result *runs;
	size_t nr_runs;
};

/* A figure over all runs; the deviation is that of a sample, 0 for a single run. */
struct statistic {
	double mean;
	double deviation;
	double min;
	double max;
};

struct statistic run_report_statistic(const struct run_report *report, enum metric metric);

/* What commands used in all runs together, most CPU time first; to be freed. */
struct tracked_command *run_report_commands(const struct run_report *report, size_t *nr);

/* Names for programs, and whether it is a time in ns or a count. */
const char *metric_name(enum metric metric);
bool metric_is_time(enum metric metric);

/* For people. */
void run_print_table(FILE *file, const struct run_report *report);
void run_print_table_interval(FILE *file, const struct run_interval *interval);

/*
 * A line for each figure: value, unit, name, command, deviation, least and largest value; the
 * latter three only of several runs. With intervals, the time comes first.
 */
void run_print_csv(FILE *file, const struct run_report *report, const char *separator,
		   bool intervals);
void run_print_csv_interval(FILE *file, const struct run_interval *interval,
			    const char *separator);

/* false: no memory, or the file cannot be written. */
bool run_print_json(FILE *file, const struct run_report *report);

#endif
