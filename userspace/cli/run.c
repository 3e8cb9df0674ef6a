// SPDX-License-Identifier: GPL-2.0-only
/* usertime run: runs a command, and says what it and all its descendants have used. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "command.h"
#include "run/report.h"
#include "text.h"
#include "words.h"

#define PROGRAM "usertime run"

enum { OPT_FORMAT = 256, OPT_PRECISE, OPT_RECORD };

enum format { TABLE, CSV, JSON };

struct request {
	char **words;			/* the command */
	uint64_t period;		/* of intervals, ns */
	unsigned int runs;
	bool ignore_failure;
	bool precise;
	const char *record;
	enum format format;
	const char *separator;		/* of CSV */
	const char *output;		/* NULL: standard error */
};

static const struct argp_option options[] = {
	{ "interval", 'I', "INTERVAL", 0, "Also print what has been used each INTERVAL (50ms, 2s)",
	  0 },
	{ "output", 'o', "FILE", 0, "Print to FILE (- is standard output), not to standard error",
	  0 },
	{ "runs", 'r', "N", 0, "Run the command N times; print mean, sd, min and max", 0 },
	{ "ignore-failure", 'i', NULL, 0, "With -r: go on when a run fails", 0 },
	{ "json", 'j', NULL, 0, "The same as --format json", 0 },
	{ "field-separator", 'x', "SEP", 0, "The same as --format csv, with SEP (\\t: a tab) for"
	  " the comma", 0 },
	{ "precise", OPT_PRECISE, NULL, 0, "Tell user and system time apart by looking between"
	  " ticks", 0 },
	{ "record", OPT_RECORD, "FILE", 0, "Also record it to FILE, behind what was recorded there"
	  " before", 0 },
	{ "format", OPT_FORMAT, "FORMAT", 0, "How to print: table (default), csv or json", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static enum format parse_format(const char *word, struct argp_state *state)
{
	if (!strcmp(word, "csv"))
		return CSV;
	if (!strcmp(word, "json"))
		return JSON;
	if (strcmp(word, "table"))
		argp_error(state, "%s: no such format: table, csv or json", word);
	return TABLE;
}

static void take_separator(struct request *request, const char *word, struct argp_state *state)
{
	request->format = CSV;
	request->separator = strcmp(word, "\\t") ? word : "\t";
	/* A field in quotes could not be told from others. */
	if (!*word || strpbrk(word, "\"\r\n"))
		argp_error(state, "a separator has to have a character, and no quote or newline");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'I':
		request->period = word_duration(arg, state);
		break;
	case 'o':
		request->output = arg;
		break;
	case 'r':
		request->runs = word_count(arg, state);
		break;
	case 'i':
		request->ignore_failure = true;
		break;
	case 'j':
		request->format = JSON;
		break;
	case 'x':
		take_separator(request, arg, state);
		break;
	case OPT_PRECISE:
		request->precise = true;
		break;
	case OPT_RECORD:
		request->record = arg;
		break;
	case OPT_FORMAT:
		request->format = parse_format(arg, state);
		break;
	case ARGP_KEY_ARGS:
		request->words = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		break;
	case ARGP_KEY_END:
		if (request->period && request->runs > 1)
			argp_error(state, "-I and -r exclude each other");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[--] COMMAND [ARGUMENT...]",
	.doc = "Run a command and print what it and all processes that descend from it have used,"
	       " the shortest-lived ones included: when it has ended, by command name."
	       "\vExamples:\n"
	       "  usertime run make -j8\n"
	       "  usertime run -r 10 -j -o times.json ./benchmark\n"
	       "  usertime run -I 2s -- sh -c 'find / | wc -l'\n\n"
	       "Exit status: that of COMMAND (of the first run that failed), or 128 and the number of"
	       " the signal that ended it; 125 if usertime failed, 126 if COMMAND cannot be"
	       " executed, 127 if it is not found; 2 usage.",
	.children = usertime_help_children,
};

static FILE *open_output(const char *name)
{
	int fd;

	if (strcmp(name, "-"))
		return fopen(name, "we");
	/* One of its own: who ends the program cares for stdout. */
	fd = dup(STDOUT_FILENO);
	return fd < 0 ? NULL : fdopen(fd, "we");
}

/* Whether all of it has been written; says it if not. */
static bool close_output(FILE *file, const char *name)
{
	bool failed = fflush(file) || ferror(file);
	int error = errno;

	if (file != stderr && fclose(file) && !failed) {
		failed = true;
		error = errno;
	}
	if (failed)
		fprintf(stderr, PROGRAM ": cannot write %s: %s\n",
			!name ? "the output" : strcmp(name, "-") ? name : "the output",
			strerror(error));
	return !failed;
}

struct output {
	const struct request *request;
	FILE *file;
};

/* As it ends; JSON has them in the end. */
static void print_interval(const struct run_interval *interval, void *data)
{
	const struct output *output = data;

	if (output->request->format == TABLE)
		run_print_table_interval(output->file, interval);
	else if (output->request->format == CSV)
		run_print_csv_interval(output->file, interval, output->request->separator);
	fflush(output->file);
}

static bool print_report(const struct output *output, const struct run_report *report)
{
	switch (output->request->format) {
	case JSON:
		return run_print_json(output->file, report);
	case CSV:
		run_print_csv(output->file, report, output->request->separator,
			      output->request->period);
		return true;
	default:
		run_print_table(output->file, report);
		return true;
	}
}

/* What makes the figures less than exact. */
static void warn(const struct run_result *run)
{
	if (run->drops.children)
		fprintf(stderr, PROGRAM ": %" PRIu64 " processes could not be followed, their time is"
			" missing: the module's parameters max_targets_per_user and max_targets set"
			" the limits\n", run->drops.children);
	if (run->drops.events || run->drops.exits)
		fprintf(stderr, PROGRAM ": %" PRIu64 " records were lost: the sums are right, names and"
			" numbers of processes may not be\n", run->drops.events + run->drops.exits);
	if (run->unseen)
		fprintf(stderr, PROGRAM ": %" PRIu64 " processes ended unseen: they count with what"
			" they had used when they were looked at last\n", run->unseen);
}

/* On a terminal one sees how far it is. */
static void say_progress(const struct request *request, size_t nr)
{
	if (request->runs > 1 && isatty(STDERR_FILENO))
		fprintf(stderr, PROGRAM ": run %zu of %u\n", nr + 1, request->runs);
}

/*
 * All runs; returns 0, or the exit status of a failure of ours. *failed is the status of the first
 * run that failed, or 0.
 */
static int run_all(const struct request *request, struct measurement *measurement,
		   struct run_report *report, int *failed)
{
	struct run_result result;
	int status;

	*failed = 0;
	do {
		say_progress(request, report->nr_runs);
		status = measure(measurement, &result);
		if (status)
			return status;
		report->runs = grow(report->runs, report->nr_runs + 1, sizeof(result));
		report->runs[report->nr_runs++] = result;
		warn(&result);
		if (!*failed)
			*failed = result.status;
	} while (report->nr_runs < request->runs && !measurement->interrupted &&
		 (!*failed || request->ignore_failure));
	return 0;
}

static int run(const struct request *request, FILE *file)
{
	struct output output = { .request = request, .file = file };
	struct measurement measurement = {
		.words = request->words, .period = request->period, .interval = print_interval,
		.data = &output, .precise = request->precise, .record = request->record,
	};
	struct run_report report = { .words = request->words };
	int status, failed;
	bool printed = true;
	size_t i;

	if (!measure_prepare(&measurement)) {
		fprintf(stderr, PROGRAM ": cannot take signals: %s\n", strerror(errno));
		return STATUS_OURS;
	}
	status = run_all(request, &measurement, &report, &failed);
	/* The runs before the failure are worth as much as any. */
	if (report.nr_runs)
		printed = print_report(&output, &report);
	if (report.nr_runs && request->runs > report.nr_runs)
		fprintf(stderr, PROGRAM ": ended after %zu of %u runs%s\n", report.nr_runs,
			request->runs, failed && !request->ignore_failure ?
			", as the last one failed; -i goes on" : "");
	for (i = 0; i < report.nr_runs; i++)
		run_result_free(&report.runs[i]);
	free(report.runs);
	close(measurement.signals);
	if (!printed && !ferror(file)) {
		fprintf(stderr, PROGRAM ": out of memory\n");
		return STATUS_OURS;
	}
	return status ? status : failed;
}

int usertime_run(int argc, char **argv, const char *root)
{
	struct request request = { .runs = 1, .separator = "," };
	FILE *file = stderr;
	int status;

	(void)root;
	/* In order: what follows the command's name is its own. */
	argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &request);
	if (request.output) {
		file = open_output(request.output);
		if (!file) {
			fprintf(stderr, PROGRAM ": %s: %s\n", request.output, strerror(errno));
			return STATUS_OURS;
		}
	}
	status = run(&request, file);
	return close_output(file, request.output) ? status : STATUS_OURS;
}
