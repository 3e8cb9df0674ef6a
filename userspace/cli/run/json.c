// SPDX-License-Identifier: GPL-2.0-only
/* Runs as one JSON object. */
#include <math.h>
#include <stdlib.h>

#include "cli/text.h"
#include "report.h"

/* Names of times have their unit. */
static void set_metric(json_t *object, enum metric metric, json_t *value)
{
	char *name = text(metric_is_time(metric) ? "%s_ns" : "%s", metric_name(metric));

	json_object_set_new(object, name, value);
	free(name);
}

static json_t *json_usage(const struct usage *usage)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "user_ns", (json_int_t)usage->user,
			 "system_ns", (json_int_t)usage->system,
			 "minor_faults", (json_int_t)usage->minor_faults,
			 "major_faults", (json_int_t)usage->major_faults);
}

static json_t *json_commands(const struct run_result *run)
{
	json_t *list = json_array(), *entry;
	size_t i;

	for (i = 0; i < run->nr_commands; i++) {
		entry = json_pack("{s:o, s:I}", "command", text_json(run->commands[i].name),
				  "count", (json_int_t)run->commands[i].count);
		json_object_update_new(entry, json_usage(&run->commands[i].usage));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *json_intervals(const struct run_result *run)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < run->nr_intervals; i++)
		json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I}",
			"time_ns", (json_int_t)run->intervals[i].time,
			"user_ns", (json_int_t)run->intervals[i].user,
			"system_ns", (json_int_t)run->intervals[i].system,
			"live_processes", (json_int_t)run->intervals[i].processes));
	return list;
}

static json_t *json_lost(const struct run_result *run)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "exits", (json_int_t)run->drops.exits,
			 "events", (json_int_t)run->drops.events,
			 "children", (json_int_t)run->drops.children,
			 "unseen_exits", (json_int_t)run->unseen);
}

static json_t *json_run(const struct run_result *run)
{
	json_t *object = json_pack("{s:i, s:i}", "exit_status", run->status, "signal", run->signal);
	enum metric metric;

	for (metric = 0; metric < NR_METRICS; metric++)
		set_metric(object, metric, json_integer((json_int_t)run->figures[metric]));
	if (run->looks)
		json_object_set_new(object, "split_looks", json_integer((json_int_t)run->looks));
	json_object_set_new(object, "running", json_integer((json_int_t)run->running));
	json_object_set_new(object, "lost", json_lost(run));
	json_object_set_new(object, "commands", json_commands(run));
	if (run->nr_intervals)
		json_object_set_new(object, "intervals", json_intervals(run));
	return object;
}

static json_t *json_summary(const struct run_report *report)
{
	json_t *object = json_object();
	struct statistic statistic;
	enum metric metric;

	for (metric = 0; metric < NR_METRICS; metric++) {
		statistic = run_report_statistic(report, metric);
		set_metric(object, metric, json_pack("{s:f, s:f, s:f, s:f}",
						     "mean", statistic.mean,
						     "sd", statistic.deviation,
						     "min", statistic.min, "max", statistic.max));
	}
	return object;
}

bool run_print_json(FILE *file, const struct run_report *report)
{
	json_t *all = json_object(), *words = json_array(), *runs = json_array();
	char *const *word;
	size_t i;
	bool printed;

	for (word = report->words; *word; word++)
		json_array_append_new(words, text_json(*word));
	for (i = 0; i < report->nr_runs; i++)
		json_array_append_new(runs, json_run(&report->runs[i]));
	json_object_set_new(all, "command", words);
	json_object_set_new(all, "runs", runs);
	if (report->nr_runs > 1)
		json_object_set_new(all, "summary", json_summary(report));
	printed = all && !json_dumpf(all, file, JSON_INDENT(2)) && putc('\n', file) != EOF;
	json_decref(all);
	return printed;
}
