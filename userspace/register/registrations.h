/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done with registrations, by usertime-register and by usertime. program is who does it, for
 * messages; proc is where the procfs to talk to is mounted, NULL means /proc. Functions return the
 * exit status: 0, or 1 after messages, when something failed: for those processes that they name, or
 * altogether.
 */
#ifndef USERTIME_REGISTRATIONS_H
#define USERTIME_REGISTRATIONS_H

#include <usertime.h>

struct pid_list {
	pid_t *list;
	size_t nr;
};

int registrations_add(const char *program, const struct pid_list *pids, const char *proc);
int registrations_remove(const char *program, const struct pid_list *pids, const char *proc);

/* Prints a table of these, or of all if there are none. Sorts the PIDs. */
int registrations_list(const char *program, struct pid_list *pids, const char *proc);

/* Calls visit for each that registrations_list() would print, and with NULL behind the last one. */
int registrations_visit(const char *program, struct pid_list *pids, const char *proc,
			usertime_registry_visit *visit, void *data);

#endif
