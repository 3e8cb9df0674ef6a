// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "report.h"

const char *metric_name(enum metric metric)
{
	static const char *const names[NR_METRICS] = {
		[METRIC_WALL] = "wall", [METRIC_CPU] = "cpu", [METRIC_USER] = "user",
		[METRIC_SYSTEM] = "system", [METRIC_MINOR_FAULTS] = "minor_faults",
		[METRIC_MAJOR_FAULTS] = "major_faults", [METRIC_PROCESSES] = "processes",
		[METRIC_PEAK] = "peak_processes",
	};

	return names[metric];
}

bool metric_is_time(enum metric metric)
{
	return metric <= METRIC_SYSTEM;
}

struct statistic run_report_statistic(const struct run_report *report, enum metric metric)
{
	struct statistic statistic = { .min = INFINITY, .max = -INFINITY };
	double value, squares = 0;
	size_t i;

	for (i = 0; i < report->nr_runs; i++) {
		value = report->runs[i].figures[metric];
		statistic.mean += value / report->nr_runs;
		statistic.min = fmin(statistic.min, value);
		statistic.max = fmax(statistic.max, value);
	}
	for (i = 0; i < report->nr_runs; i++) {
		value = report->runs[i].figures[metric] - statistic.mean;
		squares += value * value;
	}
	if (report->nr_runs > 1)
		statistic.deviation = sqrt(squares / (report->nr_runs - 1));
	return statistic;
}

struct tracked_command *run_report_commands(const struct run_report *report, size_t *nr)
{
	struct tracked_command *all = NULL;
	size_t i;

	*nr = 0;
	for (i = 0; i < report->nr_runs; i++)
		all = tracked_commands_add(all, nr, report->runs[i].commands,
					   report->runs[i].nr_commands);
	tracked_commands_sort(all, *nr);
	return all;
}
