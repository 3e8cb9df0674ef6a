// SPDX-License-Identifier: GPL-2.0-only
/* usertime record: what processes use, over time, into a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "child.h"
#include "command.h"
#include "recorder.h"
#include "recording.h"
#include "targets.h"
#include "text.h"
#include "words.h"

#define PROGRAM "usertime record"

/* A second's records of many processes wait here while the disk is waited for: 4 MiB. */
#define RING		65536
#define WATERMARK	4096

enum { OPT_MAX_SIZE = 256, OPT_PRECISE };

struct request {
	struct targets targets;
	char **command;			/* NULL: none */
	const char *output;
	uint64_t period;
	uint64_t duration;
	uint64_t max_size;
	bool precise;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Record to this file, behind what was recorded there before"
	  " (usertime.urt)", 0 },
	{ "interval", 'I', "INTERVAL", 0, "Between two samples (50ms)", 0 },
	{ "duration", 'd', "DURATION", 0, "End after that time", 0 },
	{ "precise", OPT_PRECISE, NULL, 0, "Tell user and system time apart by looking between"
	  " ticks", 0 },
	{ "max-size", OPT_MAX_SIZE, "SIZE", 0, "End when the file is that large: 100M", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void check_request(const struct request *request, const struct argp_state *state)
{
	if (request->command && targets_named(&request->targets))
		argp_error(state, "name processes or a command, not both");
	if (!request->command && !targets_named(&request->targets))
		argp_error(state, "nothing to record: name processes or a command");
	if (!*request->output || !strcmp(request->output, "-"))
		argp_error(state, "a recording is a file: name one with -o");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = NULL;
		state->child_inputs[1] = &request->targets;
		break;
	case 'o':
		request->output = arg;
		break;
	case 'I':
		request->period = word_duration(arg, state);
		break;
	case 'd':
		request->duration = word_duration(arg, state);
		break;
	case OPT_MAX_SIZE:
		request->max_size = word_size(arg, state);
		break;
	case OPT_PRECISE:
		request->precise = true;
		break;
	case ARGP_KEY_ARG:
		request->command = &state->argv[state->next - 1];
		/* What follows is the command's. */
		state->next = state->argc;
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
	{ &usertime_help_options, 0, NULL, 0 },
	{ &targets_options, 0, "What to record:", -1 },
	{ NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[--] [COMMAND [ARGUMENT...]]",
	.doc = "Record what processes use: CPU time, page faults, threads, names and exits, until none"
	       " of them is left or Ctrl-C is pressed. usertime report, plot and top show it."
	       "\vExamples:\n"
	       "  usertime record -f -o build.urt -- make -j8\n"
	       "  usertime record -p 1234 -I 10ms -d 1m\n"
	       "  usertime record --unit nginx -o web.urt --max-size 1G\n\n"
	       "Exit status: the command's own, if one was given: 128+N if signal N ended it, 126 or"
	       " 127 if it could not be executed or found, 125 if recording it failed. Otherwise 0, or"
	       " 1 for a failure. 2 usage.",
	.children = children,
};

/* As large a ring as is allowed, up to what is wanted. */
static struct usertime_session *open_session(const struct request *request)
{
	struct usertime_session_options options = {
		.period = request->period, .ring = RING, .watermark = WATERMARK,
		.flags = targets_flags(&request->targets) |
			 (request->precise ? USERTIME_SESSION_PRECISE : 0),
	};
	struct usertime_session *session = usertime_session_open(&options);

	if (!session && (errno == EDQUOT || errno == ENOMEM || errno == EINVAL)) {
		options.ring = 0;
		options.watermark = 0;
		session = usertime_session_open(&options);
	}
	if (!session)
		fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	return session;
}

/* The signals that the recorder takes; *mask is what it was before. */
static int open_signals(sigset_t *mask)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, mask);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static const char *unit_of(pid_t pid, const void *targets)
{
	return targets_unit(targets, pid);
}

static struct recording *open_recording(const struct request *request, char *const *words,
					const struct recording_clocks *clocks, const char *root)
{
	char *arguments = recording_words(words + 1);
	char *command = text("%s %s", words[0], arguments);
	struct recording_options options = {
		.command = command, .period = request->period, .clocks = *clocks,
		.root = root, .unit = unit_of, .data = &request->targets,
	};
	struct recording *recording = recording_append(request->output, &options);

	free(arguments);
	free(command);
	if (!recording)
		fprintf(stderr, PROGRAM ": %s\n", recording_message());
	return recording;
}

static bool attach(struct request *request, struct usertime_session *session, const char *root)
{
	struct targets_changes changes = { .added = 0 };

	if (!targets_attach(&request->targets, session, root, &changes))
		return false;
	if (changes.refused)
		fprintf(stderr, PROGRAM ": %u processes are left out: only root may record those of"
			" others\n", changes.refused);
	return true;
}

/* The command becomes a target before it executes; without one, those that were named are. */
static bool add_targets(struct request *request, struct usertime_session *session,
			struct child *child, const sigset_t *mask, const char *root)
{
	if (!request->command)
		return attach(request, session, root);
	if (!child_start(child, request->command, mask)) {
		fprintf(stderr, PROGRAM ": cannot start a process: %s\n", strerror(errno));
		return false;
	}
	if (!usertime_session_add(session, child->pid, NULL))
		return true;
	fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	child_cancel(child);
	return false;
}

/* Says what the command's name could not be executed for; it ends then, with a status that says so. */
static void start_command(const struct request *request, struct child *child,
			  struct recorder *recorder)
{
	int error = child_go(child);

	if (error)
		fprintf(stderr, PROGRAM ": %s: %s\n", request->command[0], strerror(error));
	recorder->child = child->pid;
}

static int finish_command(const struct request *request, struct recorder *recorder, bool recorded)
{
	if (!recorder_wait(recorder)) {
		fprintf(stderr, PROGRAM ": %s is left running\n", request->command[0]);
		return STATUS_OURS;
	}
	return recorded ? child_status(recorder->child_status) : STATUS_OURS;
}

static int record(struct request *request, char *const *words, const char *root)
{
	struct recorder recorder = {
		.program = PROGRAM, .duration = request->duration, .max_size = request->max_size,
		.targets = request->command ? NULL : &request->targets,
	};
	int status = request->command ? STATUS_OURS : STATUS_FAILED;
	struct recording_clocks clocks;
	struct child child;
	sigset_t mask;
	bool recorded;

	recorder.session = open_session(request);
	if (!recorder.session)
		return status;
	recorder.signals = open_signals(&mask);
	recording_now(&clocks);
	if (!add_targets(request, recorder.session, &child, &mask, root))
		goto close_session;
	recorder.recording = open_recording(request, words, &clocks, root);
	if (!recorder.recording) {
		if (request->command)
			child_cancel(&child);
		goto close_session;
	}
	if (request->command)
		start_command(request, &child, &recorder);
	recorded = recorder_run(&recorder);
	recording_close(recorder.recording);
	if (request->command)
		status = finish_command(request, &recorder, recorded);
	else if (recorded)
		status = STATUS_DONE;

close_session:
	usertime_session_close(recorder.session);
	close(recorder.signals);
	return status;
}

int usertime_record(int argc, char **argv, const char *root)
{
	struct request request = { .output = "usertime.urt", .period = 50000000 };
	int status;

	/* In order: options after the command's name are the command's. */
	argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &request);
	status = record(&request, argv, root);
	targets_free(&request.targets);
	return status;
}
