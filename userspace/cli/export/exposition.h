/* SPDX-License-Identifier: GPL-2.0-only */
/* The metrics as text: Prometheus's format 0.0.4, or OpenMetrics 1.0. */
#ifndef USERTIME_EXPOSITION_H
#define USERTIME_EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

#include "metrics.h"

/**
 * struct exposition - what is to be printed, and how
 * @metrics: the groups, and the processes
 * @drops: what the session has lost
 * @user: CPU time of the exporter itself, ns
 * @system: the same
 * @refused: processes that were meant, but may not be observed
 * @look_failures: how often looking for new processes failed
 * @failures: how often the text could not be written
 * @per_pid: series of each process besides
 * @openmetrics: OpenMetrics
 */
struct exposition {
	struct metrics *metrics;
	struct usertime_drops drops;
	uint64_t user, system;
	uint64_t refused;
	uint64_t look_failures;
	uint64_t failures;
	bool per_pid;
	bool openmetrics;
};

void exposition_print(FILE *file, const struct exposition *exposition);

#endif
