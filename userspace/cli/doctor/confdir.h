/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration that lies in files *.conf of several directories of one name (modules-load.d,
 * modprobe.d): a file hides those of its name in later directories, a link to /dev/null too.
 */
#ifndef USERTIME_CONFDIR_H
#define USERTIME_CONFDIR_H

#include <stdbool.h>

/* The directories of that name, first the one that hides the others; ends with NULL. */
char **confdir_paths(const char *root, const char *name);
void confdir_paths_free(char **paths);

/* A file, below root, with a line that matches; to be freed, NULL if there is none. */
char *confdir_find(const char *root, const char *name, bool (*matches)(const char *line));

/* The file below root that hides /usr/lib's of that name; to be freed, NULL if there is none. */
char *confdir_hiding(const char *root, const char *name, const char *file);

#endif
