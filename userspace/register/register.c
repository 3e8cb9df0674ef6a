// SPDX-License-Identifier: GPL-2.0-only
/* usertime-register: registers processes with the usertime module, unregisters and lists them. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usertime.h>

#include "lib/finish.h"
#include "register.h"

#define PROGRAM "usertime-register"

enum {
	STATUS_DONE = 0,
	STATUS_SOME_FAILED = 1,
	STATUS_USAGE = 2
};

struct request {
	enum { REGISTER, REMOVE, LIST } action;
	pid_t *pids;
	size_t nr_pids;
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
		if (!parse_pid(arg, &request->pids[request->nr_pids++]))
			argp_error(state, "%s: not a PID", arg);
		break;
	case ARGP_KEY_END:
		if (!request->nr_pids && request->action != LIST)
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

/* What the library says of its last failure. */
static int failed(void)
{
	fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	return STATUS_SOME_FAILED;
}

static int apply(const struct request *request, const char *proc)
{
	struct usertime_registry *registry = usertime_registry_open(proc);
	int status = STATUS_DONE, error;
	size_t i;

	if (!registry)
		return failed();
	for (i = 0; i < request->nr_pids; i++) {
		pid_t pid = request->pids[i];

		if (!(request->action == REMOVE ? usertime_registry_remove(registry, pid) :
						  usertime_registry_add(registry, pid)))
			continue;
		error = errno;
		status = failed();
		/* The module has gone: that holds for the others, too. */
		if (error == EIO)
			break;
	}
	usertime_registry_close(registry);
	return status;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* Sorted, each once. */
static void sort_pids(struct request *request)
{
	size_t i, n = 0;

	qsort(request->pids, request->nr_pids, sizeof(pid_t), compare_pids);
	for (i = 0; i < request->nr_pids; i++)
		if (!n || request->pids[i] != request->pids[n - 1])
			request->pids[n++] = request->pids[i];
	request->nr_pids = n;
}

struct listing {
	const struct request *request;	/* its PIDs sorted */
	bool *listed;			/* for each of them */
	bool headed;
};

static void print_header(struct listing *listing)
{
	if (!listing->headed)
		printf("%7s %16s %7s %-5s %s\n", "PID", "USER(s)", "THREADS", "STATE", "COMMAND");
	listing->headed = true;
}

/* Fixed widths: the same on a terminal and in a pipe, whatever else is listed. */
static int print_entry(const struct usertime_registry_entry *entry, void *data)
{
	struct listing *listing = data;
	const struct request *request = listing->request;
	const pid_t *found;

	if (request->nr_pids) {
		found = bsearch(&entry->pid, request->pids, request->nr_pids, sizeof(pid_t),
				compare_pids);
		if (!found)
			return 0;
		listing->listed[found - request->pids] = true;
	}
	print_header(listing);
	printf("%7d %6" PRIu64 ".%09" PRIu64 " %7" PRIu64 " %-5c %s\n", (int)entry->pid,
	       entry->user_ns / 1000000000, entry->user_ns % 1000000000, entry->threads,
	       entry->state, entry->command);
	return 0;
}

/* One that is not in the list. */
static void print_missing(const char *proc, pid_t pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d", proc ? proc : "/proc", (int)pid);
	fprintf(stderr, PROGRAM ": %d: %s\n", (int)pid,
		access(path, F_OK) ? "no such process" : "not registered");
}

static int list(struct request *request, const char *proc)
{
	struct listing listing = { .request = request };
	int status = STATUS_DONE;
	size_t i;

	sort_pids(request);
	/* One more than there are: calloc may give NULL for none. */
	listing.listed = calloc(request->nr_pids + 1, sizeof(*listing.listed));
	if (!listing.listed) {
		fprintf(stderr, PROGRAM ": %s\n", strerror(errno));
		return STATUS_SOME_FAILED;
	}
	if (usertime_registry_list(proc, print_entry, &listing)) {
		status = failed();
		goto out;
	}
	print_header(&listing);
	for (i = 0; i < request->nr_pids; i++) {
		if (listing.listed[i])
			continue;
		print_missing(proc, request->pids[i]);
		status = STATUS_SOME_FAILED;
	}
out:
	free(listing.listed);
	return status;
}

int usertime_register(int argc, char **argv, const char *proc)
{
	struct request request = { .action = REGISTER };
	int status;

	/* Each argument is at most one PID. */
	request.pids = calloc(argc + 1, sizeof(*request.pids));
	if (!request.pids) {
		fprintf(stderr, PROGRAM ": %s\n", strerror(errno));
		return STATUS_SOME_FAILED;
	}
	/* All words are read before anything is done. */
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &request);

	if (request.action == LIST)
		status = list(&request, proc);
	else
		status = apply(&request, proc);
	free(request.pids);
	return usertime_finish(PROGRAM, status);
}
