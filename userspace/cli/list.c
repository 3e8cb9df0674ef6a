// SPDX-License-Identifier: GPL-2.0-only
/* usertime list, register and unregister: the registry, as usertime-register has it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "register/registrations.h"
#include "text.h"
#include "words.h"

enum { OPT_FORMAT = 256 };

struct request {
	struct pid_list pids;
	bool all;		/* without PIDs */
	bool json;
};

static const struct argp_option list_options[] = {
	{ "format", OPT_FORMAT, "FORMAT", 0, "How to print: table (default) or json", 0 },
	{ "json", 'j', NULL, 0, "The same as --format json", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'j':
		request->json = true;
		break;
	case OPT_FORMAT:
		request->json = !strcmp(arg, "json");
		if (!request->json && strcmp(arg, "table"))
			argp_error(state, "%s: no such format: table or json", arg);
		break;
	case ARGP_KEY_ARG:
		word_pids(arg, &request->pids.list, &request->pids.nr, state);
		break;
	case ARGP_KEY_NO_ARGS:
		if (!request->all)
			argp_error(state, "no PID given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp list_argp = {
	.options = list_options,
	.parser = parse_option,
	.args_doc = "[PID[,PID...]...]",
	.doc = "List the processes that are registered with the module, or these of them, with"
	       " their user CPU time as of its last refresh."
	       "\vExamples:\n"
	       "  usertime list\n"
	       "  usertime list -j | jq '.processes[] | select(.user_ns > 1e9)'\n\n"
	       "Exit status: 0 done, 1 the module is not loaded, or one of the processes is not"
	       " registered, 2 usage.",
	.children = usertime_help_children,
};

static const struct argp register_argp = {
	.parser = parse_option,
	.args_doc = "PID[,PID...]...",
	.doc = "Register processes with the module, which then measures the user CPU time of each"
	       " until it exits, whoever looks."
	       "\vExamples:\n"
	       "  usertime register $$\n"
	       "  usertime register $(pgrep -x make)\n\n"
	       "Exit status: 0 all done, 1 some failed, 2 usage.",
	.children = usertime_help_children,
};

static const struct argp unregister_argp = {
	.parser = parse_option,
	.args_doc = "PID[,PID...]...",
	.doc = "End the registration of processes: by the user who made it, or whose they are."
	       "\vExamples:\n"
	       "  usertime unregister $$\n"
	       "  usertime unregister $(cut -d: -f1 /proc/urt/status)\n\n"
	       "Exit status: 0 all done, 1 some failed, 2 usage.",
	.children = usertime_help_children,
};

struct json_list {
	json_t *processes;
	bool complete;
};

static int add_entry(const struct usertime_registry_entry *entry, void *data)
{
	struct json_list *list = data;
	char state[2] = "";

	list->complete = !entry;
	if (!entry)
		return 0;
	state[0] = entry->state;
	json_array_append_new(list->processes,
		json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:s}",
			  "pid", (int)entry->pid,
			  "user_ns", (json_int_t)entry->user_ns,
			  "system_ns", (json_int_t)entry->system_ns,
			  "minor_faults", (json_int_t)entry->minor_faults,
			  "major_faults", (json_int_t)entry->major_faults,
			  "threads", (json_int_t)entry->threads,
			  "start_ns", (json_int_t)entry->start_ns,
			  "holders", entry->holders, "state", state,
			  "split", entry->split, "looks", (json_int_t)entry->looks,
			  "command", entry->command));
	return 0;
}

static int list_json(const char *program, struct pid_list *pids, const char *proc)
{
	struct json_list list = { .processes = json_array() };
	int status = registrations_visit(program, pids, proc, add_entry, &list);
	json_t *all = json_pack("{s:o}", "processes", list.processes);

	/* An error of the output is said at the end, by whoever ends the program. */
	if (list.complete && (json_dumpf(all, stdout, JSON_INDENT(2)) || putchar('\n') == EOF))
		status = STATUS_FAILED;
	json_decref(all);
	return status;
}

/* The procfs of that root; NULL: the real one. To be freed. */
static char *proc_of(const char *root)
{
	return root ? text("%s/proc", root) : NULL;
}

int usertime_list(int argc, char **argv, const char *root)
{
	struct request request = { .all = true };
	char *proc = proc_of(root);
	int status;

	argp_parse(&list_argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	if (request.json)
		status = list_json(argv[0], &request.pids, proc);
	else
		status = registrations_list(argv[0], &request.pids, proc);
	free(request.pids.list);
	free(proc);
	return status;
}

/* What two commands have in common. */
static int change(int argc, char **argv, const char *root, const struct argp *argp,
		  int (*apply)(const char *program, const struct pid_list *pids, const char *proc))
{
	struct request request = { .all = false };
	char *proc = proc_of(root);
	int status;

	argp_parse(argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	status = apply(argv[0], &request.pids, proc);
	free(request.pids.list);
	free(proc);
	return status;
}

int usertime_register_pids(int argc, char **argv, const char *root)
{
	return change(argc, argv, root, &register_argp, registrations_add);
}

int usertime_unregister_pids(int argc, char **argv, const char *root)
{
	return change(argc, argv, root, &unregister_argp, registrations_remove);
}
