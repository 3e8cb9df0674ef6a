// SPDX-License-Identifier: GPL-2.0-only
/* Runs as lines of separated fields: the value comes first, as those of perf stat -x have it. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/text.h"
#include "report.h"

struct csv {
	FILE *file;
	const char *separator;
};

/* Names are of no bytes to escape, but for commands. */
static void print_names(const struct csv *csv, const char *unit, const char *name,
			const char *command)
{
	fprintf(csv->file, "%s%s%s%s%s", csv->separator, unit, csv->separator, name,
		csv->separator);
	text_print_csv(csv->file, command, csv->separator);
}

static void print_statistic(const struct csv *csv, const struct run_report *report,
			    enum metric metric)
{
	const struct statistic statistic = run_report_statistic(report, metric);
	int digits = metric_is_time(metric) ? 0 : 2;

	if (report->nr_runs == 1) {
		fprintf(csv->file, "%" PRIu64, report->runs->figures[metric]);
		print_names(csv, metric_is_time(metric) ? "ns" : "", metric_name(metric), "");
		fprintf(csv->file, "%s%s%s\n", csv->separator, csv->separator, csv->separator);
		return;
	}
	fprintf(csv->file, "%.*f", digits, statistic.mean);
	print_names(csv, metric_is_time(metric) ? "ns" : "", metric_name(metric), "");
	fprintf(csv->file, "%s%.*f%s%.*f%s%.*f\n", csv->separator, digits, statistic.deviation,
		csv->separator, digits, statistic.min, csv->separator, digits, statistic.max);
}

/* A value of a command: the mean of all runs. */
static void print_value(const struct csv *csv, uint64_t sum, size_t runs, const char *unit,
			const char *name, const char *command)
{
	if (sum % runs)
		fprintf(csv->file, "%.2f", (double)sum / runs);
	else
		fprintf(csv->file, "%" PRIu64, sum / runs);
	print_names(csv, unit, name, command);
	fprintf(csv->file, "%s%s%s\n", csv->separator, csv->separator, csv->separator);
}

static void print_time(const struct csv *csv, const uint64_t *time)
{
	if (time)
		fprintf(csv->file, "%" PRIu64 "%s", *time, csv->separator);
}

static void print_commands(const struct csv *csv, const struct run_report *report,
			   const uint64_t *time)
{
	struct tracked_command *commands;
	size_t i, nr, runs = report->nr_runs;

	commands = run_report_commands(report, &nr);
	for (i = 0; i < nr; i++) {
		const struct tracked_command *command = &commands[i];

		print_time(csv, time);
		print_value(csv, command->count, runs, "", "processes", command->name);
		print_time(csv, time);
		print_value(csv, command->usage.user, runs, "ns", "user", command->name);
		print_time(csv, time);
		print_value(csv, command->usage.system, runs, "ns", "system", command->name);
	}
	free(commands);
}

void run_print_csv(FILE *file, const struct run_report *report, const char *separator,
		   bool intervals)
{
	const struct csv csv = { .file = file, .separator = separator };
	const uint64_t *time = intervals ? &report->runs->figures[METRIC_WALL] : NULL;
	enum metric metric;

	for (metric = 0; metric < NR_METRICS; metric++) {
		print_time(&csv, time);
		print_statistic(&csv, report, metric);
	}
	print_commands(&csv, report, time);
}

void run_print_csv_interval(FILE *file, const struct run_interval *interval,
			    const char *separator)
{
	const struct csv csv = { .file = file, .separator = separator };

	print_time(&csv, &interval->time);
	print_value(&csv, interval->user, 1, "ns", "user", "");
	print_time(&csv, &interval->time);
	print_value(&csv, interval->system, 1, "ns", "system", "");
	print_time(&csv, &interval->time);
	print_value(&csv, interval->processes, 1, "", "live_processes", "");
}
