// SPDX-License-Identifier: GPL-2.0-only
/* usertime top: what processes use now, or did while they were recorded. */
#define _GNU_SOURCE
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "targets.h"
#include "top/batch.h"
#include "top/screen.h"
#include "words.h"

enum { OPT_BATCH = 256 };

struct request {
	struct targets targets;
	uint64_t interval;
	bool batch;
	unsigned int times;
	const char *file;
};

static const struct argp_option options[] = {
	{ "interval", 'I', "INTERVAL", 0, "Time between two updates, or of a step in FILE (1s)", 1 },
	{ NULL, 'd', "INTERVAL", 0, "The same as -I, as in top", 1 },
	{ "batch", OPT_BATCH, NULL, 0, "Print tables, for pipes and files", 1 },
	{ "times", 'n', "N", 0, "With --batch: print N tables, then end", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void check_request(const struct request *request, const struct argp_state *state)
{
	if (request->times && !request->batch)
		argp_error(state, "-n: only with --batch");
	if (request->file && targets_named(&request->targets))
		argp_error(state, "%s: a recording has its processes, name none", request->file);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &request->targets;
		break;
	case 'I':
	case 'd':
		request->interval = word_duration(arg, state);
		break;
	case OPT_BATCH:
		request->batch = true;
		break;
	case 'n':
		request->times = word_count(arg, state);
		break;
	case ARGP_KEY_ARG:
		if (request->file)
			argp_error(state, "%s: one recording at a time", arg);
		request->file = arg;
		break;
	case ARGP_KEY_END:
		check_request(request, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &targets_options, 0, "Processes:", 0 },
	{ &usertime_help_options, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = "Show what the registered processes use, or those that are named, or step through what was"
	       " recorded to FILE. Processes that have exited stay for a while, with their final values."
	       "\vExamples:\n"
	       "  usertime top                         the registered processes\n"
	       "  usertime top --unit nginx -I 500ms   a service, twice a second\n"
	       "  usertime top -f -p $$                all that this shell starts\n"
	       "  usertime top build.urt               a recording: t is a step, T one back\n"
	       "  usertime top --batch -n 10 -C make   ten tables\n\n"
	       "Keys: h or ? explains them, q quits.\n\n"
	       "Exit status: 0 done, 1 failed, 2 usage.",
	.children = children,
};

static struct top_source *open_source(struct request *request, const char *root)
{
	if (request->file)
		return top_recording(request->file, request->interval);
	if (targets_named(&request->targets))
		return top_session(&request->targets, root, request->interval);
	return top_registry(root, request->interval);
}

int usertime_top(int argc, char **argv, const char *root)
{
	struct request request = { .file = NULL };
	struct top_source *source;
	struct top_table table;
	bool done = false;

	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	/* Only how characters are encoded: numbers are as anywhere. */
	setlocale(LC_CTYPE, "");
	top_table_init(&table);
	source = open_source(&request, root);
	if (source) {
		done = request.batch ? top_batch(source, &table, request.times) :
				       top_screen(source, &table);
		source->close(source);
	}
	top_table_free(&table);
	targets_free(&request.targets);
	return done ? STATUS_DONE : STATUS_FAILED;
}
