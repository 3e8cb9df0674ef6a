// SPDX-License-Identifier: GPL-2.0-only
/* usertime doctor: what keeps usertime from working, and the command that mends it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "command.h"
#include "doctor/doctor.h"
#include "doctor/system.h"

#define PROGRAM "usertime doctor"

enum { OPT_FORMAT = 256 };

enum format { TABLE, JSON };

static const struct argp_option options[] = {
	{ "format", OPT_FORMAT, "FORMAT", 0, "How to print: table (default) or json", 0 },
	{ "json", 'j', NULL, 0, "The same as --format json", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	enum format *format = state->input;

	switch (key) {
	case 'j':
		*format = JSON;
		break;
	case OPT_FORMAT:
		if (!strcmp(arg, "table"))
			*format = TABLE;
		else if (!strcmp(arg, "json"))
			*format = JSON;
		else
			argp_error(state, "%s: no such format: table or json", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Find what keeps usertime from working: a line for each check, and after -> the"
	       " command, for root, that mends what is wrong."
	       "\vExit status: 0 nothing fails (there may be warnings), 1 something fails, 2 usage.",
	.children = usertime_help_children,
};

static bool is_loaded(const char *root)
{
	/* What is built in has only its parameters there. */
	return system_exists(root, "/sys/module/usertime/initstate") ||
	       system_exists(root, "/sys/module/usertime/refcnt");
}

static void check_host(struct doctor *doctor)
{
	dkms_ask(&doctor->dkms, doctor->root);
	modfile_read(&doctor->running, doctor->root, doctor->kernels.running);
	modfile_read(&doctor->newest, doctor->root, doctor->kernels.newest);
	check_headers(doctor);
	check_dkms(doctor);
	check_module(doctor);
	check_signature(doctor);
	check_loaded(doctor);
	check_abi(doctor);
	check_boot(doctor);
	check_access(doctor);
}

/* The kernel is the host's, and so is the module: only what can be seen from here is checked. */
static void check_container(struct doctor *doctor)
{
	findings_add(&doctor->findings, WARN, "module", NULL, text(PROGRAM),
		     "this is a container and the module belongs to its host: look there");
	check_loaded(doctor);
	check_abi(doctor);
	check_access(doctor);
}

static int report(const struct doctor *doctor, enum format format)
{
	if (format == TABLE) {
		findings_print(&doctor->findings);
	} else if (!findings_print_json(&doctor->findings, doctor->kernels.running)) {
		/* An error of the output is said at the end, by whoever ends the program. */
		if (!ferror(stdout))
			fprintf(stderr, PROGRAM ": out of memory\n");
		return STATUS_FAILED;
	}
	return findings_worst(&doctor->findings) == FAIL ? STATUS_FAILED : STATUS_DONE;
}

int usertime_doctor(int argc, char **argv, const char *root)
{
	struct doctor doctor = { .root = root ? root : "" };
	enum format format = TABLE;
	int status;

	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &format);
	if (!kernels_find(&doctor.kernels, doctor.root)) {
		fprintf(stderr, PROGRAM ": cannot tell which kernel runs: %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	doctor.container = system_is_container(doctor.root);
	doctor.loaded = is_loaded(doctor.root);
	if (doctor.container)
		check_container(&doctor);
	else
		check_host(&doctor);
	status = report(&doctor, format);

	findings_free(&doctor.findings);
	modfile_free(&doctor.newest);
	modfile_free(&doctor.running);
	dkms_free(&doctor.dkms);
	kernels_free(&doctor.kernels);
	return status;
}
