/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units of systemd: the processes of one are those of its cgroup, a directory of its name, and of
 * the cgroups below. root is a directory to be taken for /, "" for the real one.
 */
#ifndef USERTIME_UNIT_H
#define USERTIME_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The whole name, to be freed: .service is the default suffix, as systemctl(1) has it. */
char *unit_name(const char *word);

/*
 * The directory of a unit's cgroup, to be freed; NULL: it does not run. Of several the one that is
 * nearest to the root: the system's, rather than those of users.
 */
char *unit_find(const char *root, const char *name);

/* Whether there is a unit file of that name, of the system's or of users'; or its template. */
bool unit_is_installed(const char *root, const char *name);

/*
 * Appends the PIDs of a unit's processes to *pids, which has *nr. A cgroup that has gone has none.
 */
void unit_pids(const char *cgroup, pid_t **pids, size_t *nr);

#endif
