// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "kernels.h"
#include "system.h"

static bool has_image(const char *root, const char *kernel)
{
	return system_exists(root, "/boot/vmlinuz-%s", kernel) ||
	       system_exists(root, "/boot/vmlinux-%s", kernel) ||
	       system_exists(root, "/usr/lib/modules/%s/vmlinuz", kernel);
}

static int newest_first(const void *a, const void *b)
{
	return strverscmp(*(char *const *)b, *(char *const *)a);
}

static void find_installed(struct kernels *kernels, const char *root)
{
	char *path = text("%s/lib/modules", root);
	DIR *directory = opendir(path);
	struct dirent *entry;

	free(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || !has_image(root, entry->d_name))
			continue;
		kernels->list = grow(kernels->list, kernels->nr + 1, sizeof(char *));
		kernels->list[kernels->nr++] = text("%s", entry->d_name);
	}
	if (directory)
		closedir(directory);
	if (kernels->nr)
		qsort(kernels->list, kernels->nr, sizeof(char *), newest_first);
}

bool kernels_find(struct kernels *kernels, const char *root)
{
	kernels->running = system_read(root, "/proc/sys/kernel/osrelease");
	if (!kernels->running)
		return false;
	find_installed(kernels, root);
	kernels->newest = kernels->nr ? kernels->list[0] : kernels->running;
	return true;
}

void kernels_free(struct kernels *kernels)
{
	size_t i;

	for (i = 0; i < kernels->nr; i++)
		free(kernels->list[i]);
	free(kernels->list);
	free(kernels->running);
}

bool kernel_has_headers(const char *root, const char *kernel)
{
	/* Follows the link "build", which is left behind where headers were removed. */
	return system_exists(root, "/lib/modules/%s/build/include", kernel);
}

bool kernel_is_supported(const char *kernel)
{
	unsigned int major, minor;

	return sscanf(kernel, "%u.%u", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 10));
}
