// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "dkms.h"
#include "system.h"

#define MODULE "usertime"

static void know_version(struct dkms *dkms, const char *version)
{
	if (dkms->version && strverscmp(dkms->version, version) >= 0)
		return;
	free(dkms->version);
	dkms->version = text("%s", version);
}

static void add_build(struct dkms *dkms, const char *version, const char *kernel, const char *state)
{
	dkms->builds = grow(dkms->builds, dkms->nr + 1, sizeof(*dkms->builds));
	dkms->builds[dkms->nr++] = (struct dkms_build){
		.version = text("%s", version),
		.kernel = text("%s", kernel),
		.installed = !strncmp(state, "installed", strlen("installed")),
		.differs = strstr(state, "Diff"),
	};
}

/*
 * dkms 3:   "usertime/1.2.3, 6.12.1-amd64, x86_64: installed"
 * dkms 2.8: "usertime, 1.2.3, 5.10.0-32-amd64, x86_64: installed"
 * Notes may follow in parentheses. Without a kernel the module is only known ("added").
 */
static void parse_line(struct dkms *dkms, char *line)
{
	char *state = strstr(line, ": "), *version, *kernel;

	if (!state || strncmp(line, MODULE, strlen(MODULE)))
		return;
	*state = '\0';
	state += strlen(": ");
	version = line + strlen(MODULE);
	version += strspn(version, "/, ");
	if (version == line + strlen(MODULE))
		return;
	kernel = version + strcspn(version, ",");
	if (*kernel) {
		*kernel++ = '\0';
		kernel += strspn(kernel, " ");
		kernel[strcspn(kernel, ",")] = '\0';
		add_build(dkms, version, kernel, state);
	}
	know_version(dkms, version);
}

/* What the package brought, should DKMS have lost it: it adds that again by itself. */
static void find_sources(struct dkms *dkms, const char *root)
{
	static const char prefix[] = MODULE "-";
	char *path = text("%s/usr/src", root);
	DIR *directory = opendir(path);
	struct dirent *entry;

	free(path);
	while (directory && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
		    system_exists(root, "/usr/src/%s/dkms.conf", entry->d_name))
			know_version(dkms, entry->d_name + strlen(prefix));
	if (directory)
		closedir(directory);
}

void dkms_ask(struct dkms *dkms, const char *root)
{
	char *argv[] = { (char *)"dkms", (char *)"status", (char *)"-m", (char *)MODULE, NULL };
	char *output, *line, *rest;
	int status = system_run(root, argv, &output);

	dkms->present = status != 127;
	for (rest = output; (line = strsep(&rest, "\n"));)
		parse_line(dkms, line);
	/* Some fail where they have nothing to say; a user's may fail for want of permission. */
	dkms->answered = !status || dkms->version || !geteuid();
	free(output);
	if (dkms->present && !dkms->version)
		find_sources(dkms, root);
}

void dkms_free(struct dkms *dkms)
{
	size_t i;

	for (i = 0; i < dkms->nr; i++) {
		free(dkms->builds[i].version);
		free(dkms->builds[i].kernel);
	}
	free(dkms->builds);
	free(dkms->version);
}

const struct dkms_build *dkms_find(const struct dkms *dkms, const char *kernel)
{
	const struct dkms_build *found = NULL, *build;

	for (build = dkms->builds; build < dkms->builds + dkms->nr; build++)
		if (!strcmp(build->kernel, kernel) && (!found || build->installed))
			found = build;
	return found;
}

char *dkms_failed_log(const struct dkms *dkms, const char *root, const char *kernel)
{
	char *path = text("/var/lib/dkms/" MODULE "/%s/build/make.log", dkms->version);
	char *log = system_read(root, "%s", path);
	char *name = text(" for kernel %s ", kernel);

	/* There is one, of the last build; its first line names the kernel. */
	if (log)
		log[strcspn(log, "\n")] = '\0';
	if (!log || !strstr(log, name)) {
		free(path);
		path = NULL;
	}
	free(name);
	free(log);
	return path;
}
