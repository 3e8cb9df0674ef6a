// SPDX-License-Identifier: GPL-2.0-only
/* Is the module loaded, is it the installed one, and does it speak the tools' language. */
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "doctor.h"
#include "system.h"
#include "uapi/usertime.h"

/* The kernel's command line says module_blacklist=...,usertime. */
static bool is_forbidden(const struct doctor *doctor)
{
	char *list = system_boot_option(doctor->root, "module_blacklist"), *word, *rest;
	bool found = false;

	for (rest = list; !found && (word = strsep(&rest, ","));)
		found = !strcmp(word, "usertime");
	free(list);
	return found;
}

static void not_loaded(struct doctor *doctor)
{
	const struct modfile *file = &doctor->running;

	if (doctor->container)
		findings_add(&doctor->findings, FAIL, "loaded", NULL, text("modprobe usertime"),
			     "the module is not loaded, which the container's host has to do");
	else if (is_forbidden(doctor))
		findings_add(&doctor->findings, FAIL, "loaded", NULL, text(EDIT_BOOT_OPTIONS),
			     "not loaded: the kernel's command line forbids it,"
			     " remove module_blacklist=usertime");
	else if (file->replaced)
		findings_add(&doctor->findings, FAIL, "loaded", NULL,
			     text("modprobe --ignore-install usertime"),
			     "not loaded: an install command in modprobe.d replaces it");
	else
		findings_add(&doctor->findings, FAIL, "loaded", NULL, text("modprobe usertime"),
			     file->blacklisted ? "not loaded: blacklisted in modprobe.d" :
						 "not loaded");
}

/* Nobody would notice if the module went for a moment. */
static bool is_idle(const struct doctor *doctor, unsigned long long *targets)
{
	char *references = system_read(doctor->root, "/sys/module/usertime/refcnt");
	bool idle = references && !strcmp(references, "0");

	free(references);
	if (!system_stat(doctor->root, "targets", targets))
		*targets = 0;
	return idle && !*targets;
}

/* Texts are equal; those that are missing differ from none. */
static bool same(const char *a, const char *b)
{
	return !a || !b || !strcmp(a, b);
}

static void compare(struct doctor *doctor, const char *version, const char *srcversion)
{
	const struct modfile *file = &doctor->running;
	unsigned long long targets;
	bool idle = is_idle(doctor, &targets);
	char *command = text("%s", idle ? RELOAD_MODULE : "reboot");

	if (!same(version, file->version)) {
		findings_add(&doctor->findings, WARN, "loaded", NULL, command,
			     "version %s is loaded, %s is installed, %llu registered", version,
			     file->version, targets);
	} else if (!same(srcversion, file->srcversion)) {
		findings_add(&doctor->findings, WARN, "loaded", NULL, command,
			     "another build of version %s is loaded than installed, %llu registered",
			     version ? version : "unknown", targets);
	} else {
		free(command);
		findings_add(&doctor->findings, OK, "loaded", NULL, NULL,
			     "version %s, %llu registered", version ? version : "unknown", targets);
	}
}

void check_loaded(struct doctor *doctor)
{
	const struct modfile *file = &doctor->running;
	char *version, *srcversion;

	if (!doctor->loaded) {
		/* A line above says what has to come first. */
		if (doctor->container ||
		    (file->path && !findings_failed(&doctor->findings, "module",
						    doctor->kernels.running) &&
		     !findings_failed(&doctor->findings, "signature", NULL)))
			not_loaded(doctor);
		return;
	}
	version = system_read(doctor->root, "/sys/module/usertime/version");
	srcversion = system_read(doctor->root, "/sys/module/usertime/srcversion");
	compare(doctor, version, srcversion);
	free(version);
	free(srcversion);
}

/* The side that is older is to be upgraded. */
static void check_version_of(struct doctor *doctor, const char *which, unsigned long long abi)
{
	const char *old = abi < USERTIME_ABI_VERSION ? "usertime-dkms" : "usertime-tools";

	findings_add(&doctor->findings, FAIL, "abi", NULL,
		     text("apt install --only-upgrade %s", old),
		     "the %s module has version %llu of the interface, the tools have %d", which,
		     abi, USERTIME_ABI_VERSION);
}

void check_abi(struct doctor *doctor)
{
	unsigned long long loaded, installed = USERTIME_ABI_VERSION;

	/* Without the file the tools cannot talk to the module at all: see check_access(). */
	if (!doctor->loaded || !system_exists(doctor->root, USERTIME_STATS_PATH))
		return;
	if (doctor->running.path && !doctor->running.error)
		installed = doctor->running.abi ? strtoull(doctor->running.abi, NULL, 10) : 0;
	if (!system_stat(doctor->root, "abi", &loaded))
		loaded = 0;
	if (installed != USERTIME_ABI_VERSION) {
		check_version_of(doctor, "installed", installed);
	} else if (loaded == USERTIME_ABI_VERSION) {
		findings_add(&doctor->findings, OK, "abi", NULL, NULL,
			     "version %d of the interface, in the module and in the tools",
			     USERTIME_ABI_VERSION);
	} else if (doctor->running.abi) {
		/* The installed one would do: it only has to be loaded. */
		unsigned long long targets;

		findings_add(&doctor->findings, FAIL, "abi", NULL,
			     text("%s", is_idle(doctor, &targets) ? RELOAD_MODULE : "reboot"),
			     "version %llu of the interface is loaded, %d is installed",
			     loaded, USERTIME_ABI_VERSION);
	} else {
		check_version_of(doctor, "loaded", loaded);
	}
}
