/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system that is looked at: its files, its programs. root is the directory taken for / ("" for
 * the real one); paths begin with /.
 */
#ifndef USERTIME_SYSTEM_H
#define USERTIME_SYSTEM_H

#include <stdbool.h>

/* The path is a format everywhere. */
#define PATH_FORMAT __attribute__((format(printf, 2, 3)))

/* Something has that name, even if it is a link to nowhere. */
bool system_exists(const char *root, const char *path, ...) PATH_FORMAT;

/*
 * A file's text, without the newline at its end; up to a null byte or 1 MiB. To be freed; NULL and
 * errno if it cannot be read.
 */
char *system_read(const char *root, const char *path, ...) PATH_FORMAT;

/* The number in a line "NAME NUMBER" of the module's /proc/urt/stats. */
bool system_stat(const char *root, const char *name, unsigned long long *value);

/* The value of an option on the kernel's command line, "" without one, to be freed; or NULL. */
char *system_boot_option(const char *root, const char *name);

/* Whether this is a container, whose kernel and modules are its host's. */
bool system_is_container(const char *root);

/*
 * Runs a program that is found in PATH, or where root's programs are: users have no sbin there.
 * Returns its exit status and what it printed (to be freed); 127 if there is no such program, -1 if
 * it did not end by itself.
 */
int system_run(const char *root, char *const *argv, char **output);

#endif
