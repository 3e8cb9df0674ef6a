// SPDX-License-Identifier: GPL-2.0-only
/* usertime-register: registers processes with the usertime module, unregisters and lists them. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/finish.h"
#include "register.h"
#include "registrations.h"

#define PROGRAM "usertime-register"

enum {
	STATUS_DONE = 0,
	STATUS_SOME_FAILED = 1,
	STATUS_USAGE = 2
};

struct request {
	enum { REGISTER, REMOVE, LIST } action;
	struct pid_list pids;
};

enum { OPT_USAGE = 256 };

static const struct argp_option options[] = {
	{ "remove", 'r', NULL, 0, "Unregister the processes", 0 },
	{ "list", 'l', NULL, 0, "List the processes, or all that are registered", 0 },
	{ "help", 'h', NULL, 0, "Give this help", 1 },
	{ "usage", OPT_USAGE, NULL, 0, "Give a short usage message", 1 },
	{ "version", 'V', NULL, 0, "Print the program's version", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static bool parse_pid(const char *word, pid_t *pid)
{
	unsigned long value;
	char *end;

	/* strtoul alone would take signs and blanks; what does not fit it is above INT_MAX, too. */
	if (*word < '0' || *word > '9')
		return false;
	value = strtoul(word, &end, 10);
	if (*end || value < 1 || value > INT_MAX)
		return false;
	*pid = value;
	return true;
}

static void set_action(struct argp_state *state, int action)
{
	struct request *request = state->input;

	if (request->action != REGISTER && (int)request->action != action)
		argp_error(state, "--remove and --list exclude each other");
	request->action = action;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'r':
		set_action(state, REMOVE);
		break;
	case 'l':
		set_action(state, LIST);
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		exit(usertime_finish(PROGRAM, STATUS_DONE));
	case OPT_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		exit(usertime_finish(PROGRAM, STATUS_DONE));
	case 'V':
		puts(PROGRAM " " USERTIME_VERSION);
		exit(usertime_finish(PROGRAM, STATUS_DONE));
	case ARGP_KEY_ARG:
		if (!parse_pid(arg, &request->pids.list[request->pids.nr++]))
			argp_error(state, "%s: not a PID", arg);
		break;
	case ARGP_KEY_END:
		if (!request->pids.nr && request->action != LIST)
			argp_error(state, "no PID given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "PID...\n--remove PID...\n--list [PID...]",
	.doc = "Register processes with the usertime module, which then measures the user CPU time"
	       " of each, all its threads included."
	       "\v/proc/urt/status has the times in nanoseconds."
	       " Exit status: 0 all done, 1 some failed, 2 usage.",
};

int usertime_register(int argc, char **argv, const char *proc)
{
	struct request request = { .action = REGISTER };
	int status;

	/* Each argument is at most one PID. */
	request.pids.list = calloc(argc + 1, sizeof(*request.pids.list));
	if (!request.pids.list) {
		fprintf(stderr, PROGRAM ": %s\n", strerror(errno));
		return STATUS_SOME_FAILED;
	}
	/* All words are read before anything is done. */
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &request);

	switch (request.action) {
	case LIST:
		status = registrations_list(PROGRAM, &request.pids, proc);
		break;
	case REMOVE:
		status = registrations_remove(PROGRAM, &request.pids, proc);
		break;
	default:
		status = registrations_add(PROGRAM, &request.pids, proc);
	}
	free(request.pids.list);
	return usertime_finish(PROGRAM, status);
}
