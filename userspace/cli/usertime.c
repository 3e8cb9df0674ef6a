// SPDX-License-Identifier: GPL-2.0-only
/* usertime: finds the subcommand that is called and runs it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lib/finish.h"

#define PROGRAM "usertime"

static usertime_command help;

static const struct command {
	const char *name;
	usertime_command *run;
	const char *summary;
} commands[] = {
	{ "run", usertime_run, "Run a command and say what it and its descendants have used" },
	{ "record", usertime_record, "Record what processes use over time" },
	{ "report", usertime_report, "Show the totals, rates and exits of a recording" },
	{ "plot", usertime_plot, "Plot a recording" },
	{ "top", usertime_top, "Show what processes use, now or in a recording" },
	{ "export", usertime_export, "Export what processes use to Prometheus" },
	{ "list", usertime_list, "List the processes that are registered" },
	{ "register", usertime_register_pids, "Register processes, to be measured until they exit" },
	{ "unregister", usertime_unregister_pids, "End the registration of processes" },
	{ "doctor", usertime_doctor, "Find what keeps usertime from working, and how to mend it" },
	{ "help", help, "Explain a command" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The words from the command's name on are its own. */
static int run_command(const struct command *command, int argc, char **argv, const char *root)
{
	char name[64];

	snprintf(name, sizeof(name), PROGRAM " %s", command->name);
	argv[0] = name;
	return command->run(argc, argv, root);
}

/* What was found on the command line. */
struct request {
	const struct command *command;
	int at;			/* index of its name */
};

static void take_command(const char *name, struct request *request, struct argp_state *state)
{
	request->command = find_command(name);
	request->at = state->next - 1;
	if (!request->command)
		argp_error(state, "%s: no such command", name);
}

static const struct argp_option options[] = {
	{ "version", 'V', NULL, 0, "Print the program's version", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'V':
		puts(PROGRAM " " USERTIME_VERSION);
		exit(usertime_finish(PROGRAM, STATUS_DONE));
	case ARGP_KEY_ARG:
		take_command(arg, request, state);
		/* What follows is for the command to parse. */
		state->next = state->argc;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The table as text, after the options. */
static char *list_commands(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t size, i;
	FILE *file;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	file = open_memstream(&list, &size);
	if (!file)
		return NULL;
	fputs("Commands:\n", file);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\nSee '" PROGRAM " help COMMAND'. Exit status of wrong usage: 2.", file);
	if (fclose(file)) {
		free(list);
		return NULL;
	}
	return list;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "How much user CPU time processes use, as the usertime module measures it.",
	.children = usertime_help_children,
	.help_filter = list_commands,
};

static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	if (key != ARGP_KEY_ARG || request->command)
		return ARGP_ERR_UNKNOWN;
	take_command(arg, request, state);
	return 0;
}

static const struct argp help_argp = {
	.parser = parse_help,
	.args_doc = "[COMMAND]",
	.doc = "Explain a command, or list all of them.",
	.children = usertime_help_children,
};

static int help(int argc, char **argv, const char *root)
{
	char *words[] = { NULL, (char *)"--help", NULL };
	struct request request = { .command = NULL };

	argp_parse(&help_argp, argc, argv, ARGP_NO_HELP, NULL, &request);
	if (request.command)
		return run_command(request.command, 2, words, root);
	argp_help(&argp, stdout, ARGP_HELP_STD_HELP, (char *)PROGRAM);
	return STATUS_DONE;
}

int usertime_cli(int argc, char **argv, const char *root)
{
	struct request request = { .command = NULL };
	int status;

	argp_err_exit_status = STATUS_USAGE;
	/* In order: options after the command's name are the command's. */
	argp_parse(&argp, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, &request);
	status = run_command(request.command, argc - request.at, argv + request.at, root);
	return usertime_finish(PROGRAM, status);
}
