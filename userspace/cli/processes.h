/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes that there are, as procfs shows them. */
#ifndef USERTIME_PROCESSES_H
#define USERTIME_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_NAME_MAX	15	/* of the kernel's names, in bytes */

struct process_entry {
	pid_t pid;
	pid_t parent;
	uid_t user;				/* effective; of processes_read_users() */
	char name[PROCESS_NAME_MAX + 1];	/* any bytes; kernel threads may have longer ones */
};

/*
 * All processes, by ascending PID, to be freed; those that come and go meanwhile may be among them.
 * root is a directory to be taken for /, NULL for the real one. Returns how many, or -1 and errno.
 */
ssize_t processes_read(const char *root, struct process_entry **list);

/* The user of each; one that has gone has (uid_t)-1, which nobody is. */
void processes_read_users(const char *root, struct process_entry *list, size_t nr);

/* The one with that PID; NULL if there is none. */
struct process_entry *processes_find(struct process_entry *list, size_t nr, pid_t pid);

/* Name and parent, from the text of /proc/PID/stat. */
bool process_parse_stat(const char *text, struct process_entry *process);

#endif
