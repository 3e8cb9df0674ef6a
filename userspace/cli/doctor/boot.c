// SPDX-License-Identifier: GPL-2.0-only
/* Will the next boot load the module: modules-load.d(5), and modprobe.d(5) that may forbid it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "confdir.h"
#include "doctor.h"
#include "system.h"

#define LOAD_FILE	"usertime.conf"
#define BLANK		"[[:blank:]]"
#define DELETE_BLACKLISTING "/^" BLANK "*blacklist" BLANK "+usertime(" BLANK "|$)/d"

static bool names_usertime(const char *line)
{
	char word[16], more[2];

	return sscanf(line, "%15s%1s", word, more) == 1 && !strcmp(word, "usertime");
}

static bool blacklists_usertime(const char *line)
{
	char word[16];

	return sscanf(line, " blacklist %15s", word) == 1 && !strcmp(word, "usertime");
}

static void is_blacklisted(struct doctor *doctor)
{
	char *file = confdir_find(doctor->root, "modprobe.d", blacklists_usertime);

	if (file)
		findings_add(&doctor->findings, WARN, "boot", NULL,
			     text("sed -Ei '%s' %s", DELETE_BLACKLISTING, file),
			     "%s keeps boots from loading the module (blacklist)", file);
	else
		findings_add(&doctor->findings, WARN, "boot", NULL, text(EDIT_BOOT_OPTIONS),
			     "the kernel's command line keeps boots from loading the module,"
			     " remove modprobe.blacklist=usertime");
	free(file);
}

static void is_not_listed(struct doctor *doctor)
{
	char *mask = confdir_hiding(doctor->root, "modules-load.d", LOAD_FILE);

	if (mask)
		findings_add(&doctor->findings, WARN, "boot", NULL, text("rm %s", mask),
			     "%s keeps boots from loading the module", mask);
	else if (doctor->dkms.version || doctor->running.path)
		findings_add(&doctor->findings, WARN, "boot", NULL,
			     text("apt install --reinstall usertime-dkms"),
			     "no file in modules-load.d has boots load the module");
	/* Otherwise the package that has it is missing, as a line above says. */
	free(mask);
}

void check_boot(struct doctor *doctor)
{
	char *file = confdir_find(doctor->root, "modules-load.d", names_usertime);

	if (!file)
		is_not_listed(doctor);
	else if (doctor->running.blacklisted)
		is_blacklisted(doctor);
	else
		findings_add(&doctor->findings, OK, "boot", NULL, NULL,
			     "%s has boots load the module", file);
	free(file);
}
