// SPDX-License-Identifier: GPL-2.0-only
/* Runs as tables for people: one is a list of figures, several are a table of statistics. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/recording.h"
#include "cli/split.h"
#include "cli/text.h"
#include "report.h"

#define SECOND	1e9

static const char *const labels[NR_METRICS] = {
	[METRIC_WALL] = "wall", [METRIC_CPU] = "CPU", [METRIC_USER] = "user",
	[METRIC_SYSTEM] = "system", [METRIC_MINOR_FAULTS] = "minor faults",
	[METRIC_MAJOR_FAULTS] = "major faults", [METRIC_PROCESSES] = "processes",
	[METRIC_PEAK] = "processes at once",
};

static void print_heading(FILE *file, const struct run_report *report)
{
	const struct run_result *last = &report->runs[report->nr_runs - 1];
	char *command = recording_words(report->words);

	fputs("\n ", file);
	text_print(file, command);
	free(command);
	if (report->nr_runs > 1)
		fprintf(file, ": %zu runs", report->nr_runs);
	if (last->signal)
		fprintf(file, ": %s", strsignal(last->signal));
	else if (last->status)
		fprintf(file, ": exit status %d", last->status);
	fputs("\n\n", file);
}

static void print_figures(FILE *file, const struct run_result *run)
{
	const uint64_t *figures = run->figures;
	enum metric metric;

	for (metric = 0; metric < NR_METRICS; metric++) {
		if (metric_is_time(metric))
			fprintf(file, "%16.6f s  %s", figures[metric] / SECOND, labels[metric]);
		else
			fprintf(file, "%16" PRIu64 "    %s", figures[metric], labels[metric]);
		if (metric == METRIC_CPU && figures[METRIC_WALL])
			fprintf(file, ", %.2f processors", (double)figures[METRIC_CPU] /
							   figures[METRIC_WALL]);
		putc('\n', file);
	}
	if (run->looks)
		fprintf(file, "%16" PRIu64 "    looks: user is right to %.1f %% of CPU\n", run->looks,
			split_error(figures[METRIC_USER], figures[METRIC_SYSTEM], run->looks));
	if (run->running)
		fprintf(file, "%16" PRIu64 "    still running, with what they have used so far\n",
			run->running);
}

static void print_statistics(FILE *file, const struct run_report *report)
{
	struct statistic statistic;
	enum metric metric;
	double unit;
	int digits;

	fprintf(file, "%20s %14s %14s %14s %14s\n", "", "mean", "sd", "min", "max");
	for (metric = 0; metric < NR_METRICS; metric++) {
		statistic = run_report_statistic(report, metric);
		unit = metric_is_time(metric) ? SECOND : 1;
		digits = metric_is_time(metric) ? 6 : 1;
		fprintf(file, "%17s %s %14.*f %14.*f %14.*f %14.*f\n", labels[metric],
			metric_is_time(metric) ? "/s" : "  ", digits, statistic.mean / unit,
			digits, statistic.deviation / unit, digits, statistic.min / unit,
			digits, statistic.max / unit);
	}
}

/* Of several runs the means. */
static void print_commands(FILE *file, const struct run_report *report)
{
	struct tracked_command *commands;
	double runs = report->nr_runs, total = 0;
	size_t i, nr;

	commands = run_report_commands(report, &nr);
	for (i = 0; i < nr; i++)
		total += commands[i].usage.user + commands[i].usage.system;
	fprintf(file, "\n%8s %14s %14s %6s  %s\n", "COUNT", "USER(s)", "SYSTEM(s)", "CPU%",
		"COMMAND");
	for (i = 0; i < nr; i++) {
		const struct usage *usage = &commands[i].usage;

		fprintf(file, "%8.*f %14.6f %14.6f %6.1f  ", commands[i].count % report->nr_runs ?
			1 : 0, commands[i].count / runs, usage->user / runs / SECOND,
			usage->system / runs / SECOND,
			total > 0 ? (usage->user + usage->system) * 100.0 / total : 0);
		text_print(file, commands[i].name);
		putc('\n', file);
	}
	putc('\n', file);
	free(commands);
}

void run_print_table(FILE *file, const struct run_report *report)
{
	print_heading(file, report);
	if (report->nr_runs == 1)
		print_figures(file, report->runs);
	else
		print_statistics(file, report);
	print_commands(file, report);
}

void run_print_table_interval(FILE *file, const struct run_interval *interval)
{
	fprintf(file, "%16.6f s  user %.6f s  system %.6f s  processes %" PRIu64 "\n",
		interval->time / SECOND, interval->user / SECOND, interval->system / SECOND,
		interval->processes);
}
