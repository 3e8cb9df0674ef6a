// SPDX-License-Identifier: GPL-2.0-only
/* The options for help, which argp's own lack a short form of. */
#include <stdlib.h>

#include "command.h"
#include "lib/finish.h"

enum { OPT_USAGE = 256 };

static const struct argp_option options[] = {
	{ "help", 'h', NULL, 0, "Give this help", 1 },
	{ "usage", OPT_USAGE, NULL, 0, "Give a short usage message", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~ARGP_HELP_EXIT_OK);
		break;
	case OPT_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	exit(usertime_finish("usertime", STATUS_DONE));
}

const struct argp usertime_help_options = {
	.options = options,
	.parser = parse_option,
};

const struct argp_child usertime_help_children[] = {
	{ &usertime_help_options, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 }
};
