/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands of usertime share with the program. */
#ifndef USERTIME_COMMAND_H
#define USERTIME_COMMAND_H

#include <argp.h>

enum {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2
};

/*
 * A subcommand: argv[0] is how users call it ("usertime doctor"). Returns the exit status, or exits
 * with it. root is a directory to be taken for /, NULL for the real one.
 */
typedef int usertime_command(int argc, char **argv, const char *root);

usertime_command usertime_doctor;
usertime_command usertime_export;
usertime_command usertime_list;
usertime_command usertime_plot;
usertime_command usertime_record;
usertime_command usertime_register_pids;
usertime_command usertime_report;
usertime_command usertime_run;
usertime_command usertime_top;
usertime_command usertime_unregister_pids;

/* All of usertime but main(). */
usertime_command usertime_cli;

/* -h, --help and --usage: a child of the argp of every subcommand. */
extern const struct argp usertime_help_options;

/* The children of an argp that has only this one. */
extern const struct argp_child usertime_help_children[];

#endif
