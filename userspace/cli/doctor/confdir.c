// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "confdir.h"
#include "system.h"

/* As systemd and kmod have them. The last one is the same as the one before if /usr is merged. */
static const char *const parents[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib" };

enum { NR_PARENTS = sizeof(parents) / sizeof(parents[0]), USR_LIB = 3 };

char **confdir_paths(const char *root, const char *name)
{
	char **paths = grow(NULL, NR_PARENTS + 1, sizeof(*paths));
	int i;

	for (i = 0; i < NR_PARENTS; i++)
		paths[i] = text("%s%s/%s", root, parents[i], name);
	paths[i] = NULL;
	return paths;
}

void confdir_paths_free(char **paths)
{
	char **path;

	for (path = paths; *path; path++)
		free(*path);
	free(paths);
}

/* The first of the parents before `end` that has the file, `end` if none has. */
static int first_with(const char *root, const char *name, const char *file, int end)
{
	int i;

	for (i = 0; i < end; i++)
		if (system_exists(root, "%s/%s/%s", parents[i], name, file))
			break;
	return i;
}

static bool file_matches(const char *root, const char *path, bool (*matches)(const char *line))
{
	char *content = system_read(root, "%s", path), *line, *rest;
	bool found = false;

	for (rest = content; !found && (line = strsep(&rest, "\n"));)
		found = matches(line);
	free(content);
	return found;
}

static bool is_conf(const char *name)
{
	size_t length = strlen(name);

	return *name != '.' && length > strlen(".conf") &&
	       !strcmp(name + length - strlen(".conf"), ".conf");
}

static char *find_in(const char *root, const char *name, int parent,
		     bool (*matches)(const char *line))
{
	char *directory = text("%s%s/%s", root, parents[parent], name), *path = NULL;
	DIR *dir = opendir(directory);
	struct dirent *entry;

	free(directory);
	while (dir && !path && (entry = readdir(dir))) {
		if (!is_conf(entry->d_name) ||
		    first_with(root, name, entry->d_name, parent) < parent)
			continue;
		path = text("%s/%s/%s", parents[parent], name, entry->d_name);
		if (!file_matches(root, path, matches)) {
			free(path);
			path = NULL;
		}
	}
	if (dir)
		closedir(dir);
	return path;
}

char *confdir_find(const char *root, const char *name, bool (*matches)(const char *line))
{
	char *path = NULL;
	int i;

	for (i = 0; !path && i < NR_PARENTS; i++)
		path = find_in(root, name, i, matches);
	return path;
}

char *confdir_hiding(const char *root, const char *name, const char *file)
{
	int first = first_with(root, name, file, USR_LIB);

	if (first == USR_LIB || !system_exists(root, "/usr/lib/%s/%s", name, file))
		return NULL;
	return text("%s/%s/%s", parents[first], name, file);
}
